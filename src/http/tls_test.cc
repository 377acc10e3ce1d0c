// HTTPS, server and client.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <vector>

#include "http/running_server.h"
#include "http/test_handlers.h"
#include "net/tls_test_support.h"
#include "weft/http/client.h"
#include "weft/net.h"
#include "weft/net/tls.h"

namespace weft::http {
namespace {

using net::TcpStream;
namespace tls = net::tls;

class Https : public ::testing::Test {
 protected:
  Https() {
    server_.use_tls(tls::Config::server({.certificate = identity_.certificate_pem(), .key = identity_.key_pem()}));
    server_.handle("POST /echo", [](const Request& req, Response& res) { res.text(req.body()); });
    server_.handle("GET /", [](const Request& req, Response& res) { res.text(req.remote_endpoint().to_string()); });
  }
  template <class Test>
  void with_server(Test&& test) {
    run([&] {
      const Running running(server_);
      Client client(ClientOptions{.tls_roots = identity_.certificate_pem()});
      test(running.address(), client);
    });
  }
  static std::string url(const std::string& address) {
    return "https://localhost" + address.substr(address.rfind(':'));
  }

  tls::Identity identity_ = tls::make_identity({});
  Server server_;
};

TEST_F(Https, CarriesRequestsOfAllSizesOnOneConnection) {
  with_server([&](const std::string& address, Client& client) {
    for (const std::size_t size : {0ul, 1ul, 5000ul, 100'000ul, 2'000'000ul}) {
      const std::string body(size, 'x');
      EXPECT_EQ(client.post(url(address) + "/echo", "text/plain", body).body, body) << size;
    }
    EXPECT_EQ(client.get(url(address)).body.substr(0, 9), "127.0.0.1");
    EXPECT_EQ(server_.stats().connections, 1u);
    while (server_.stats().idle != 1) yield();
  });
}

TEST_F(Https, AHandlerMayTakeTheConnection) {
  server_.handle("GET /raw", [](const Request& req, Response& res) {
    HijackedStream stream = res.hijack();
    EXPECT_EQ(stream.remote_endpoint(), req.remote_endpoint());
    std::string asked(4, ' ');
    stream.read_full(asked);
    stream.set_deadline(std::chrono::steady_clock::now() + std::chrono::minutes(1));
    stream.write_all(asked + "pong");
    std::error_code ec;
    stream.shutdown_write(ec);
    EXPECT_FALSE(ec);
  });
  with_server([&](const std::string& address, Client&) {
    auto client = tls::Stream::connect("localhost" + address.substr(address.rfind(':')),
                                       tls::Config::client({.trusted = identity_.certificate_pem()}));
    client.write_all("GET /raw HTTP/1.1\r\nHost: x\r\n\r\nping");
    EXPECT_EQ(read_to_end(client), "pingpong");
  });
}

// Reads and writes of one stream at the same time, on both sides.
TEST_F(Https, CarriesALargeBodyInBothDirectionsAtOnce) {
  constexpr std::size_t kSize = 8 << 20;
  server_.handle("POST /pieces", echo_in_pieces);
  with_server([&](const std::string& address, Client& client) {
    ClientRequest request{.method = "POST", .url = url(address) + "/pieces", .body_source_bytes = kSize};
    request.body_source = [left = kSize](std::span<std::byte> into) mutable {
      const std::size_t count = std::min(into.size(), left);
      std::memset(into.data(), 'x', count);
      left -= count;
      return count;
    };
    ClientStream stream = client.open(request);
    std::array<std::byte, 10'000> buffer;
    std::size_t size = 0;
    while (const std::size_t count = stream.read_body(buffer)) {
      size += count;
      ASSERT_TRUE(std::all_of(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count),
                              [](std::byte b) { return b == std::byte{'x'}; }));
    }
    EXPECT_EQ(size, kSize);
  });
}

TEST_F(Https, AnswersPipelinedRequestsOfOneRecord) {
  with_server([&](const std::string& address, Client&) {
    const tls::Config config = tls::Config::client({.trusted = identity_.certificate_pem()});
    tls::Stream stream = tls::Stream::client(TcpStream::connect(address), config, "localhost");
    const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n";
    stream.write_all(get + "\r\n" + get + "\r\n" + get + "Connection: close\r\n\r\n");
    std::string answers;
    std::array<char, 4096> buffer;
    std::error_code ec;
    while (const std::size_t count = stream.read_some(buffer, ec)) answers.append(buffer.data(), count);
    EXPECT_EQ(ec, errc::end_of_stream) << "with close_notify";
    std::size_t found = 0;
    for (std::size_t at = answers.find("200 OK"); at != std::string::npos; at = answers.find("200 OK", at + 1)) ++found;
    EXPECT_EQ(found, 3u);
  });
}

TEST_F(Https, WhoDoesNotSpeakTlsOrIsNotTrustedIsRefused) {
  with_server([&](const std::string& address, Client& client) {
    std::error_code ec;
    Client().send({.url = url(address)}, {}, ec);
    EXPECT_EQ(ec, tls::errc::certificate_untrusted);
    client.send({.url = "http://" + address}, {}, ec);
    EXPECT_TRUE(ec) << "plain HTTP";
    EXPECT_EQ(Client(ClientOptions{.tls_unsafe_trust_anyone = true}).get(url(address)).status, 200);
  });
}

// A handshake that fails leaves the connection's descriptor to the connection, not to the next stream.
TEST_F(Https, AServerThatClosesLeavesOthersAlone) {
  run([&] {
    std::atomic<bool> stop{false};
    auto others = spawn([&] {
      auto listener = net::TcpListener::listen("127.0.0.1:0");
      while (!stop) {
        TcpStream one = TcpStream::connect(listener.local_endpoint().to_string()), two = listener.accept();
        for (int i = 0; i < 10; ++i) {
          one.write_all("x");
          char byte;
          two.read_full(std::as_writable_bytes(std::span(&byte, 1)));
        }
      }
    });
    for (int round = 0; round < 20; ++round) {
      Server server;
      server.use_tls(tls::Config::server({.certificate = identity_.certificate_pem(), .key = identity_.key_pem()}));
      auto listener = net::TcpListener::listen("127.0.0.1:0");
      const std::string address = listener.local_endpoint().to_string();
      auto serving = spawn([&] { server.serve(std::move(listener)); });
      std::vector<TcpStream> half_way;
      for (int i = 0; i < 20; ++i) {
        half_way.push_back(TcpStream::connect(address));
        half_way.back().write_all("\x16\x03\x01");  // a handshake's first bytes
      }
      while (server.stats().connections != 20) yield();
      server.close();
      serving.join();
    }
    stop = true;
    others.join();
  });
}

TEST_F(Https, ShutdownEndsIdleConnections) {
  run([&] {
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    const std::string address = listener.local_endpoint().to_string();
    auto serving = spawn([&] { server_.serve(std::move(listener)); });
    Client client(ClientOptions{.tls_roots = identity_.certificate_pem()});
    client.get(url(address));
    TcpStream silent = TcpStream::connect(address);  // never shakes hands
    while (server_.stats().connections != 2) yield();
    server_.shutdown();
    serving.join();
    EXPECT_EQ(server_.stats().connections, 0u);
  });
}

}  // namespace
}  // namespace weft::http
