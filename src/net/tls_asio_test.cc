// Boost's layers above and below: Beast on tls::Stream, and Asio's own TLS on a TcpStream as the peer.
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <string>

#include "net/net_test_support.h"
#include "net/tls_test_support.h"
#include "weft/net/asio.h"
#include "weft/net/tls.h"

namespace weft::net::tls {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

static_assert(beast::is_sync_stream<Stream>::value);

Config servers() {
  return Config::server(
      {.certificate = authority().localhost.certificate_pem(), .key = authority().localhost.key_pem()});
}

Config clients() { return Config::client({.trusted = authority().root.certificate_pem()}); }

TEST(TlsAsio, BeastSpeaksHttps) {
  run([] {
    Pair pair;
    auto server = spawn([&] {
      Stream stream = Stream::server(std::move(pair.server), servers());
      beast::flat_buffer buffer;
      http::request<http::string_body> request;
      http::read(stream, buffer, request);
      http::response<http::string_body> response(http::status::ok, 11, request.body() + "!");
      response.prepare_payload();
      http::write(stream, response);
      error_code ec;
      http::read(stream, buffer, request, ec);
      return ec;
    });
    Stream client = Stream::client(std::move(pair.client), clients(), "localhost");
    http::request<http::string_body> request(http::verb::post, "/", 11, std::string(50'000, 'x'));
    request.prepare_payload();
    http::write(client, request);
    beast::flat_buffer buffer;
    http::response<http::string_body> response;
    http::read(client, buffer, response);
    EXPECT_EQ(response.body(), std::string(50'000, 'x') + "!");
    client.close();
    EXPECT_EQ(server.join(), http::error::end_of_stream);
  });
}

TEST(TlsAsio, BeastSpeaksWebSocketOverTls) {
  run([] {
    Pair pair;
    auto server = spawn([&] {
      websocket::stream<Stream> socket(Stream::server(std::move(pair.server), servers()));
      socket.accept();
      error_code ec;
      while (true) {
        beast::flat_buffer message;
        socket.read(message, ec);
        if (ec) return ec;
        socket.write(message.data());
      }
    });
    websocket::stream<Stream> client(Stream::client(std::move(pair.client), clients(), "localhost"));
    client.handshake("localhost", "/");
    const std::string sent(40'000, 'x');
    client.write(asio::buffer(sent));
    beast::flat_buffer message;
    client.read(message);
    EXPECT_EQ(beast::buffers_to_string(message.data()), sent);
    client.close(websocket::close_code::normal);
    EXPECT_EQ(server.join(), websocket::error::closed);
  });
}

TEST(TlsAsio, AsiosOwnTlsRunsOnAStreamOfOurs) {
  run([] {
    Pair pair;
    auto server = spawn([&] {
      Stream stream = Stream::server(std::move(pair.server), servers());
      echo(std::move(stream));
    });
    asio::ssl::context context(asio::ssl::context::tls_client);
    const std::string root = authority().root.certificate_pem();
    context.add_certificate_authority(asio::buffer(root));
    context.set_verify_mode(asio::ssl::verify_peer);
    asio::ssl::stream<TcpStream> client(std::move(pair.client), context);
    client.handshake(asio::ssl::stream_base::client);
    const std::string sent(8000, 'y');
    asio::write(client, asio::buffer(sent));
    std::string received(sent.size(), '\0');
    asio::read(client, asio::buffer(received));
    EXPECT_EQ(received, sent);
    client.lowest_layer().close();
    server.join();
  });
}

// A reader has to answer a request for new keys while the other direction is in use.
TEST(TlsAsio, KeysAreRenewedWhileBothSidesTalk) {
  run([] {
    Pair pair;
    const std::string down(2 << 20, 'd');
    auto server = spawn([&] {
      Stream stream = Stream::server(std::move(pair.server), servers());
      auto writer = spawn([&] { stream.write_all(down); });
      std::string received;
      std::array<char, 1000> buffer;
      std::error_code ec;
      while (const std::size_t count = stream.read_some(buffer, ec)) received.append(buffer.data(), count);
      writer.join();
      return received;
    });
    asio::ssl::context context(asio::ssl::context::tls_client);
    asio::ssl::stream<TcpStream> client(std::move(pair.client), context);
    client.handshake(asio::ssl::stream_base::client);
    std::string sent, received(down.size(), '\0');
    const std::size_t piece = down.size() / 32;
    for (std::size_t i = 0; i < 32; ++i) {
      ASSERT_EQ(SSL_key_update(client.native_handle(), SSL_KEY_UPDATE_REQUESTED), 1);
      const std::string part(100 * i + 1, static_cast<char>('a' + i % 26));
      asio::write(client, asio::buffer(part));
      sent += part;
      asio::read(client, asio::buffer(received.data() + i * piece, piece));
    }
    EXPECT_TRUE(received == down);
    error_code ec;
    client.shutdown(ec);  // waits for the server's: what it has not read yet must not be lost to a reset
    EXPECT_FALSE(ec) << ec.message();
    const std::string heard = server.join();
    EXPECT_EQ(heard.size(), sent.size());
    EXPECT_TRUE(heard == sent);
  });
}

}  // namespace
}  // namespace weft::net::tls
