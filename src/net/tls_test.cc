#include "weft/net/tls.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "net/net_test_support.h"
#include "net/tls_test_support.h"
#include "weft/sync.h"
#include "weft/time.h"

namespace weft::net::tls {
namespace {

using namespace std::chrono_literals;

ServerOptions server_options(const Identity& identity = authority().localhost) {
  return {.certificate = identity.certificate_pem(), .key = identity.key_pem()};
}

ClientOptions client_options() { return {.trusted = authority().root.certificate_pem()}; }

// The two ends of a connection after their handshakes, or why these failed.
struct TlsPair {
  explicit TlsPair(const ServerOptions& server_side = server_options(),
                   const ClientOptions& client_side = client_options(), std::string_view host = "localhost") {
    Pair pair;
    const Config servers = Config::server(server_side), clients = Config::client(client_side);
    auto accepted = spawn([&] { return Stream::server(std::move(pair.server), servers, {}, server_error); });
    client = Stream::client(std::move(pair.client), clients, host, {}, client_error);
    if (client_error) client = Stream();
    server = accepted.join();
  }
  Stream client, server;
  std::error_code client_error, server_error;
};

TEST(Tls, CarriesBytesBothWays) {
  run([] {
    TlsPair pair;
    ASSERT_FALSE(pair.client_error) << pair.client_error.message();
    pair.client.write_all("hello");
    EXPECT_EQ(read_text(pair.server, 5), "hello");
    const std::vector<std::string> parts{"and", "", " ba", "ck"};
    EXPECT_EQ(pair.server.write_some(parts), 8u);
    std::string a(4, '\0'), b(4, '\0');
    std::vector<std::span<char>> into{a, b};
    EXPECT_EQ(pair.client.read_some(into), 8u);
    EXPECT_EQ(a + b, "and back");
    EXPECT_EQ(pair.client.version(), Version::kTls13);
    EXPECT_EQ(pair.server.server_name(), "localhost");
    EXPECT_EQ(pair.client.peer_subject(), "CN=localhost");
    EXPECT_EQ(pair.server.peer_subject(), "");
    EXPECT_EQ(pair.client.alpn(), "");
    EXPECT_EQ(pair.client.local_endpoint(), pair.server.remote_endpoint());
  });
}

TEST(Tls, BothDirectionsAtOnce) {
  run([] {
    TlsPair pair;
    const std::string up(6 << 20, 'u'), down(6 << 20, 'd');
    Group all;
    all.go([&] { pair.client.write_all(up); });
    all.go([&] { pair.server.write_all(down); });
    all.go([&] { EXPECT_EQ(read_text(pair.server, up.size()), up); });
    EXPECT_EQ(read_text(pair.client, down.size()), down);
    all.wait();
  });
}

TEST(Tls, ManyConnectionsAtOnce) {
  run([] {
    const Config servers = Config::server(server_options()), clients = Config::client(client_options());
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    const std::string address = "localhost:" + std::to_string(listener.local_endpoint().port());
    Group all;
    for (int i = 0; i < 60; ++i) {
      all.go([&] { echo(Stream::server(listener.accept(), servers)); });
      all.go([&, i] {
        Stream stream = Stream::connect(address, clients);
        const std::string sent(static_cast<std::size_t>(1000 * i + 1), static_cast<char>('a' + i % 26));
        auto writer = spawn([&] { stream.write_all(sent); });
        EXPECT_EQ(read_text(stream, sent.size()), sent);
        writer.join();
      });
    }
    all.wait();
  });
}

std::error_code refused(const ServerOptions& server, const ClientOptions& client = client_options(),
                        std::string_view host = "localhost") {
  TlsPair pair(server, client, host);
  EXPECT_FALSE(pair.client.is_open());
  return pair.client_error;
}

TEST(Tls, AClientChecksWhomItSpeaksTo) {
  run([] {
    const ServerOptions good = server_options();
    EXPECT_FALSE(TlsPair(good, client_options(), "127.0.0.1").client_error) << "an address counts as well";
    EXPECT_FALSE(TlsPair(good, client_options(), "localhost.").client_error);
    std::error_code ec = refused(good, client_options(), "example.org");
    EXPECT_EQ(ec, errc::wrong_host);
    EXPECT_STREQ(ec.category().name(), "certificate");
    EXPECT_EQ(ec.message(), "hostname mismatch");
    EXPECT_EQ(refused(good, client_options(), "127.0.0.2"), errc::wrong_host);
    EXPECT_EQ(refused(good, client_options(), ""), std::errc::invalid_argument);
    EXPECT_EQ(refused(good, client_options(), std::string_view("localhost\0.evil", 15)), std::errc::invalid_argument)
        << "which is another host than the one that OpenSSL would look for";
    EXPECT_EQ(refused(good, {}), errc::certificate_untrusted) << "the system does not know the root";
    EXPECT_EQ(refused(server_options(make_identity({}))), errc::certificate_untrusted) << "signed by itself";
    const Identity old = authority().issue({.begins_seconds = -7200, .ends_seconds = -3600});
    EXPECT_EQ(refused(server_options(old)), errc::certificate_expired);
    const Identity early = authority().issue({.begins_seconds = 3600, .ends_seconds = 7200});
    EXPECT_EQ(refused(server_options(early)), errc::certificate_expired);
    TlsPair trusting(server_options(make_identity({})), {.unsafe_trust_anyone = true}, "");
    EXPECT_FALSE(trusting.client_error);
    trusting.client.write_all("x");
    EXPECT_EQ(read_text(trusting.server, 1), "x");
  });
}

TEST(Tls, TheServerHearsWhyItWasRefused) {
  run([] {
    TlsPair pair(server_options(make_identity({})));
    EXPECT_EQ(pair.client_error, errc::certificate_untrusted);
    EXPECT_TRUE(pair.server_error);
    EXPECT_STREQ(pair.server_error.category().name(), "tls");
  });
}

TEST(Tls, AServerMayWantACertificateToo) {
  run([] {
    ServerOptions server = server_options();
    server.client_roots = authority().root.certificate_pem();
    ClientOptions client = client_options();
    std::error_code ec;
    {
      TlsPair anonymous(server, client);
      EXPECT_TRUE(anonymous.server_error);
      char byte;
      anonymous.client.read_some(std::span(&byte, 1), ec);  // in TLS 1.3 the client hears of it late
      EXPECT_TRUE(ec);
    }
    const Identity guest = authority().issue({.name = "guest", .also = "DNS:guest"});
    client.certificate = guest.certificate_pem();
    client.key = guest.key_pem();
    TlsPair known(server, client);
    EXPECT_FALSE(known.server_error) << known.server_error.message();
    EXPECT_EQ(known.server.peer_subject(), "CN=guest");
  });
}

TEST(Tls, TheServersFirstCommonProtocolIsChosen) {
  run([] {
    ServerOptions server = server_options();
    ClientOptions client = client_options();
    server.alpn = {"h3", "h2", "http/1.1"};
    client.alpn = {"http/1.1", "h2"};
    TlsPair pair(server, client);
    EXPECT_EQ(pair.client.alpn(), "h2");
    EXPECT_EQ(pair.server.alpn(), "h2");
    EXPECT_EQ(TlsPair(server).client.alpn(), "") << "a client that asks for none";
    client.alpn = {"other"};
    EXPECT_EQ(refused(server, client).message(), "tlsv1 alert no application protocol");
    client.alpn = {""};
    std::error_code ec;
    Config::client(client, ec);
    EXPECT_EQ(ec, std::errc::invalid_argument);
  });
}

TEST(Tls, TheLeastVersionHolds) {
  run([] {
    ServerOptions server = server_options();
    server.least = Version::kTls13;
    EXPECT_EQ(TlsPair(server).server.version(), Version::kTls13);
  });
}

TEST(Tls, TheEndIsToldApartFromATruncation) {
  run([] {
    char byte;
    std::error_code ec;
    {
      TlsPair pair;
      pair.client.write_all("last");
      pair.client.shutdown_write(ec);
      EXPECT_FALSE(ec) << ec.message();
      EXPECT_EQ(read_text(pair.server, 4), "last");
      pair.server.read_some(std::span(&byte, 1), ec);
      EXPECT_EQ(ec, weft::errc::end_of_stream);
      pair.server.write_all("the other side still listens");
      EXPECT_EQ(read_text(pair.client, 3), "the");
      pair.server.close();
      EXPECT_EQ(read_text(pair.client, 25), " other side still listens");
      pair.client.read_some(std::span(&byte, 1), ec);
      EXPECT_EQ(ec, weft::errc::end_of_stream) << "close() says goodbye as well";
    }
    // Somebody between the two who cuts the connection.
    Pair near, far;
    auto forward = [](TcpStream& from, TcpStream& to) {
      std::array<std::byte, 4096> buffer;
      std::error_code end;
      while (const std::size_t count = from.read_some(buffer, end)) to.write_all(std::span(buffer).first(count), end);
    };
    Group relay;
    relay.go([&] { forward(near.server, far.client); });
    relay.go([&] { forward(far.client, near.server); });
    auto accepted = spawn([&] { return Stream::server(std::move(far.server), Config::server(server_options())); });
    Stream client = Stream::client(std::move(near.client), Config::client(client_options()), "localhost");
    Stream server = accepted.join();
    server.write_all("half an answ");
    EXPECT_EQ(read_text(client, 12), "half an answ");
    near.server.close();
    far.client.close();
    relay.wait();
    client.read_some(std::span(&byte, 1), ec);
    EXPECT_TRUE(ec == errc::truncated || ec == std::errc::connection_reset) << ec.message();
    server.read_some(std::span(&byte, 1), ec);
    EXPECT_EQ(ec, errc::truncated) << ec.message();
  });
}

TEST(Tls, APeerThatSpeaksPlainHttp) {
  run([] {
    std::error_code ec;
    {
      Pair pair;
      pair.client.write_all("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      Stream::server(std::move(pair.server), Config::server(server_options()), {}, ec);
      EXPECT_EQ(ec, errc::not_tls);
      EXPECT_EQ(ec.message(), "http request");
    }
    Pair pair;
    pair.server.write_all("HTTP/1.1 400 Bad Request\r\n\r\n");
    Stream::client(std::move(pair.client), Config::client(client_options()), "localhost", {}, ec);
    EXPECT_EQ(ec, errc::not_tls);
    EXPECT_THROW(Stream::server(TcpStream(), Config::server(server_options())), usage_error);
    EXPECT_THROW(Stream::server(Pair().server, Config::client()), usage_error);
    EXPECT_THROW(Stream::client(Pair().client, Config(), "localhost"), usage_error);
  });
}

TEST(Tls, AHandshakeEndsWithItsDeadlineAndItsContext) {
  run([] {
    const Config servers = Config::server(server_options()), clients = Config::client(client_options());
    std::error_code ec;
    Pair silent;
    silent.client.set_deadline(std::chrono::steady_clock::now() + 2ms);
    Stream::client(std::move(silent.client), clients, "localhost", {}, ec);
    EXPECT_EQ(ec, weft::errc::deadline_exceeded);
    Stream::server(std::move(silent.server), servers, {}, ec);
    EXPECT_EQ(ec, errc::truncated) << "the client has gone: " << ec.message();
    Pair other;
    Stream::server(std::move(other.server), servers, with_timeout({}, 1ms), ec);
    EXPECT_EQ(ec, weft::errc::deadline_exceeded);
    const CancelContext cancelled = with_cancel({});
    Pair third;
    auto waiting = spawn([&] {
      std::error_code end;
      Stream::server(std::move(third.server), servers, cancelled.context, end);
      return end;
    });
    until_waiting(1);
    cancelled.cancel();
    EXPECT_EQ(waiting.join(), weft::errc::cancelled);
  });
}

TEST(Tls, DeadlinesAndCloseWakeWhoWaits) {
  run([] {
    TlsPair pair;
    auto reader = waiting_reader(pair.server);
    pair.server.set_read_deadline(std::chrono::steady_clock::time_point::min());
    EXPECT_EQ(reader.join(), weft::errc::deadline_exceeded);
    pair.server.set_read_deadline(std::chrono::steady_clock::time_point::max());
    pair.client.write_all("x");
    EXPECT_EQ(read_text(pair.server, 1), "x") << "a read that was cut off may be done again";
    reader = waiting_reader(pair.server);
    pair.server.close();
    EXPECT_EQ(reader.join(), weft::errc::closed);
    pair.server.close();
    EXPECT_FALSE(pair.server.is_open());
    std::error_code ec;
    pair.server.write_some(std::string_view("x"), ec);
    EXPECT_EQ(ec, weft::errc::closed);
  });
}

TEST(Tls, WhatWasClosedSaysSoWhateverItSaidBefore) {
  run([] {
    TlsPair pair(server_options());
    pair.client.shutdown_write();
    std::error_code ec;
    pair.client.write_some(std::string("x"), ec);
    EXPECT_TRUE(ec);
    EXPECT_NE(ec, weft::errc::closed);
    pair.client.close();
    pair.client.write_some(std::string("x"), ec);
    EXPECT_EQ(ec, weft::errc::closed);
    pair.client.shutdown_write(ec);
    EXPECT_EQ(ec, weft::errc::closed);
  });
}

TEST(Tls, AWriteThatWasCutOffIsTheLast) {
  run([] {
    TlsPair pair;
    auto writer = spawn([&] {
      std::error_code ec;
      pair.server.write_all(bytes(std::string(64 << 20, 'x')), ec);
      return ec;
    });
    until_waiting(1);
    pair.server.set_write_deadline(std::chrono::steady_clock::time_point::min());
    EXPECT_EQ(writer.join(), weft::errc::deadline_exceeded);
    pair.server.set_write_deadline(std::chrono::steady_clock::time_point::max());
    std::error_code ec;
    pair.server.write_some(std::string_view("the rest of another record?"), ec);
    EXPECT_EQ(ec, weft::errc::deadline_exceeded);
    pair.server.close();
  });
}

TEST(Tls, AConfigSaysWhatIsWrongWithIt) {
  std::error_code ec;
  Config::server({}, ec);
  EXPECT_EQ(ec, std::errc::no_such_file_or_directory);
  ServerOptions options = server_options();
  options.key = authority().root.key_pem();
  Config::server(options, ec);
  EXPECT_EQ(ec.message(), "key values mismatch");
  options.key = authority().localhost.key_pem("secret");
  Config::server(options, ec);
  EXPECT_TRUE(ec) << "nobody is asked for a password";
  options.key = "-----no PEM";
  Config::server(options, ec);
  EXPECT_STREQ(ec.category().name(), "tls");
  EXPECT_THROW(Config::client({.trusted = "/no/such/file"}), std::system_error);
  EXPECT_THROW(Stream().alpn(), usage_error);
}

TEST(Tls, TheToolOpensslSpeaksToIt) {
  if (std::system("command -v openssl >/dev/null") != 0) GTEST_SKIP() << "no openssl here";
  std::string folder = "/tmp/weft-tls-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  std::ofstream(folder + "/root.pem") << authority().root.certificate_pem();
  std::ofstream(folder + "/own.pem") << authority().localhost.certificate_pem();
  std::ofstream(folder + "/key.pem") << authority().localhost.key_pem();
  run([&] {
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    auto server = spawn([&] {
      // By the names of the files, for once.
      Stream stream = Stream::server(listener.accept(),
                                     Config::server({.certificate = folder + "/own.pem", .key = folder + "/key.pem"}));
      const std::string said = read_text(stream, 6);
      stream.write_all("answer");
      return said;
    });
    const std::string command =
        "(echo hello; cat) </dev/null | openssl s_client -quiet -verify_return_error"
        " -verify_hostname localhost -CAfile " +
        folder + "/root.pem -connect " + listener.local_endpoint().to_string() + " >" + folder + "/said 2>" + folder +
        "/log";
    EXPECT_EQ(std::system(command.c_str()), 0);
    EXPECT_EQ(server.join(), "hello\n");
  });
  std::string said;
  std::getline(std::ifstream(folder + "/said"), said);
  EXPECT_EQ(said, "answer");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace weft::net::tls
