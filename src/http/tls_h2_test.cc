// HTTP/2 over TLS: who chooses it, and what passes.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "http/h2_test_client.h"
#include "http/running_server.h"
#include "http/test_handlers.h"
#include "net/tls_test_support.h"
#include "weft/http/client.h"
#include "weft/net/tls.h"

namespace weft::http {
namespace {

namespace tls = net::tls;
using net::TcpStream;

class Http2OverTls : public ::testing::Test {
 protected:
  tls::Config server_config(std::vector<std::string> alpn = {}) {
    return tls::Config::server(
        {.certificate = identity_.certificate_pem(), .key = identity_.key_pem(), .alpn = std::move(alpn)});
  }
  std::shared_ptr<tls::Stream> connect(const Running& server, std::vector<std::string> alpn, std::error_code& ec) {
    const tls::Config config = tls::Config::client({.trusted = identity_.certificate_pem(), .alpn = std::move(alpn)});
    return std::make_shared<tls::Stream>(
        tls::Stream::client(TcpStream::connect(server.address()), config, "localhost", {}, ec));
  }
  std::string chosen(const Running& server, std::vector<std::string> alpn) {
    std::error_code ec;
    const auto stream = connect(server, std::move(alpn), ec);
    return ec ? "none is shared" : stream->alpn();
  }
  static std::unique_ptr<H2Client> client_on(const std::shared_ptr<tls::Stream>& stream) {
    return std::make_unique<H2Client>(
        [stream](std::span<char> into, std::error_code& ec) { return stream->read_some(into, ec); },
        [stream](std::string_view bytes, std::error_code& ec) {
          stream->write_all(std::as_bytes(std::span(bytes)), ec);
        },
        H2Client::Options());
  }

  tls::Identity identity_ = tls::make_identity({});
};

TEST_F(Http2OverTls, IsOfferedUnlessItIsTurnedOffOrTheConfigurationSaysOtherwise) {
  Server usual, configured, without(Limits{.max_concurrent_streams = 0});
  usual.use_tls(server_config());
  configured.use_tls(server_config({"http/1.1"}));
  without.use_tls(server_config());
  run([&] {
    const Running first(usual), second(configured), third(without);
    EXPECT_EQ(chosen(first, {"h2", "http/1.1"}), "h2");
    EXPECT_EQ(chosen(first, {"http/1.1", "h2"}), "h2") << "the server's order counts";
    EXPECT_EQ(chosen(first, {"http/1.1"}), "http/1.1");
    EXPECT_EQ(chosen(first, {}), "");
    EXPECT_EQ(chosen(first, {"else"}), "none is shared");
    EXPECT_EQ(chosen(second, {"h2", "http/1.1"}), "http/1.1");
    EXPECT_EQ(chosen(third, {"h2", "http/1.1"}), "");
  });
}

TEST_F(Http2OverTls, CarriesRequestsOfAllSizes) {
  Server server;
  server.use_tls(server_config());
  server.handle("/echo", [](const Request& req, Response& res) {
    EXPECT_EQ(req.version(), req.header("x-old").empty() ? 20 : 11);
    res.text(req.body());
  });
  server.handle("/pieces", echo_in_pieces);
  with_server(server, [&](const Running& running) {
    std::error_code ec;
    const auto client = client_on(connect(running, {"h2"}, ec));
    ASSERT_FALSE(ec);
    for (const std::size_t size : {0ul, 1ul, 5000ul, 100'000ul, 2'000'000ul}) {
      const std::string body(size, 'x');
      EXPECT_EQ(client->ask({.method = "POST", .path = "/echo", .body = body}).body, body) << size;
      EXPECT_EQ(client->ask({.method = "POST", .path = "/pieces", .body = body}).body, body) << size;
    }
    std::vector<std::int32_t> ids;
    for (int i = 0; i < 100; ++i)
      ids.push_back(client->start({.method = "POST", .path = "/echo", .body = std::to_string(i)}));
    for (int i = 0; i < 100; ++i) EXPECT_EQ(client->wait(ids[static_cast<std::size_t>(i)]).body, std::to_string(i));
    Client old(ClientOptions{.tls_roots = identity_.certificate_pem()});
    const std::string url = "https://localhost" + running.address().substr(running.address().rfind(':')) + "/echo";
    EXPECT_EQ(old.send({.method = "POST", .url = url, .headers = {{"X-Old", "1"}}, .body = "still"}).body, "still");
    while (server.stats().idle != 2) yield();
  });
}

// Enough for both sides' buffers to be full: who writes waits in the middle of a record while the other reads.
TEST_F(Http2OverTls, AClientThatReadsLateGetsAll) {
  Server server;
  server.use_tls(server_config());
  const std::string large(8'000'000, 'x');
  server.handle("/", [&](const Request&, Response& res) { res.text(large); });
  with_server(server, [&](const Running& running) {
    std::error_code ec;
    const auto client = client_on(connect(running, {"h2"}, ec));
    ASSERT_FALSE(ec);
    client->window(0, 0x7fff0000 - 65535);
    std::vector<std::int32_t> ids;
    for (int i = 0; i < 3; ++i) ids.push_back(client->start({}));
    for (const std::int32_t id : ids) client->window(id, 0x7fff0000 - 65535);
    while (server.stats().active != 3) yield();
    for (const std::int32_t id : ids) EXPECT_EQ(client->wait(id).body.size(), large.size());
  });
}

TEST_F(Http2OverTls, ShutdownEndsIdleConnections) {
  Server server;
  server.use_tls(server_config());
  server.handle("/", [](const Request&, Response& res) { res.text("x"); });
  run([&] {
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    const std::string address = listener.local_endpoint().to_string();
    auto serving = spawn([&] { server.serve(std::move(listener)); });
    const tls::Config config = tls::Config::client({.trusted = identity_.certificate_pem(), .alpn = {"h2"}});
    const auto stream =
        std::make_shared<tls::Stream>(tls::Stream::client(TcpStream::connect(address), config, "localhost"));
    const auto client = client_on(stream);
    EXPECT_EQ(client->get("/").body, "x");
    auto stopping = spawn([&] { server.shutdown(); });
    client->read_to_end();
    EXPECT_FALSE(client->goaways().empty());
    stream->close();
    stopping.join();
    serving.join();
    EXPECT_EQ(server.stats().connections, 0u);
  });
}

}  // namespace
}  // namespace weft::http
