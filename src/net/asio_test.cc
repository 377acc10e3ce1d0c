#include "weft/net/asio.h"

#include <gtest/gtest.h>

#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <future>
#include <string>

#include "net/net_test_support.h"
#include "weft/sync.h"

namespace weft::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

static_assert(beast::is_sync_stream<TcpStream>::value && beast::is_sync_stream<UnixStream>::value);

TEST(Asio, ReadsAndWritesWithItsAlgorithms) {
  run([] {
    Pair pair;
    const std::string first = "one line\n", second = "and more";
    EXPECT_EQ(asio::write(pair.client, std::array{asio::buffer(first), asio::buffer(second)}), 17u);
    std::string line;
    EXPECT_EQ(asio::read_until(pair.server, asio::dynamic_buffer(line), '\n'), 9u);
    std::string all = line;
    pair.client.close();
    error_code ec;
    asio::read(pair.server, asio::dynamic_buffer(all), ec);
    EXPECT_EQ(ec, asio::error::eof);
    EXPECT_EQ(all, first + second);
  });
}

TEST(Asio, ErrorsKeepTheirMeaning) {
  run([] {
    Pair pair;
    std::array<char, 8> into;
    error_code ec;
    pair.server.set_read_deadline(std::chrono::steady_clock::time_point::min());
    EXPECT_EQ(pair.server.read_some(asio::buffer(into), ec), 0u);
    EXPECT_EQ(ec, asio::error::timed_out);
    EXPECT_EQ(ec, boost::system::errc::timed_out);
    pair.server.close();
    pair.server.read_some(asio::buffer(into), ec);
    EXPECT_EQ(ec, asio::error::operation_aborted);
    EXPECT_THROW(pair.server.read_some(asio::buffer(into)), std::system_error);
    EXPECT_THROW(asio::read(pair.server, asio::buffer(into)), boost::system::system_error);
    pair.client.write_some(asio::buffer("x", 1), ec);
    while (!ec) pair.client.write_some(asio::buffer("x", 1), ec);
    EXPECT_TRUE(ec == asio::error::connection_reset || ec == asio::error::broken_pipe) << ec.message();
    const error_code wrapped = ErrorCodeAs<error_code>::from(std::make_error_code(std::future_errc::no_state));
    EXPECT_EQ(wrapped, std::make_error_code(std::future_errc::no_state));
  });
}

http::response<http::string_body> answer(const http::request<http::string_body>& request) {
  http::response<http::string_body> response(http::status::ok, request.version());
  response.body() = std::string(request.target()) + ": " + request.body();
  response.prepare_payload();
  response.keep_alive(request.keep_alive());
  return response;
}

TEST(Asio, BeastSpeaksHttp) {
  run([] {
    Pair pair;
    auto server = spawn([&] {
      beast::flat_buffer buffer;
      error_code ec;
      int answered = 0;
      while (true) {
        http::request<http::string_body> request;
        http::read(pair.server, buffer, request, ec);
        if (ec == http::error::end_of_stream) return answered;
        EXPECT_FALSE(ec) << ec.message();
        http::write(pair.server, answer(request));
        ++answered;
      }
    });
    beast::flat_buffer buffer;
    for (const std::string& body : {std::string("short"), std::string(300'000, 'x')}) {
      http::request<http::string_body> request(http::verb::post, "/echo", 11, body);
      request.prepare_payload();
      http::write(pair.client, request);
      http::response_parser<http::string_body> response;
      http::read(pair.client, buffer, response);
      EXPECT_EQ(response.get().body(), "/echo: " + body);
    }
    std::error_code ec;
    pair.client.shutdown_write(ec);
    EXPECT_EQ(server.join(), 2);
  });
}

// Beast's own WebSocket, both ends, on a stream of ours, owned by the layer above or referred to by it.
template <class Server>
void echo_messages(Server server) {
  server.accept();
  error_code ec;
  while (true) {
    beast::flat_buffer message;
    server.read(message, ec);
    if (ec == websocket::error::closed) return;
    ASSERT_FALSE(ec) << ec.message();
    server.text(server.got_text());
    server.write(message.data());
  }
}

template <class Client>
void talk(Client client) {
  client.handshake("localhost", "/");
  client.text(true);
  for (const std::string& sent : {std::string("hello"), std::string(), std::string(100'000, 'y')}) {
    client.write(asio::buffer(sent));
    beast::flat_buffer message;
    client.read(message);
    EXPECT_EQ(beast::buffers_to_string(message.data()), sent);
  }
  client.close(websocket::close_code::normal);
  EXPECT_FALSE(client.is_open());
}

TEST(Asio, BeastSpeaksWebSocketOverTcp) {
  run([] {
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    const std::string address = listener.local_endpoint().to_string();
    Group all;
    for (int i = 0; i < 20; ++i) {
      all.go([&] { echo_messages(websocket::stream<TcpStream>(listener.accept())); });
      all.go([&] { talk(websocket::stream<TcpStream>(TcpStream::connect(address))); });
    }
    all.wait();
  });
}

TEST(Asio, BeastSpeaksWebSocketOverAReferenceToAUnixStream) {
  run([] {
    UnixListener listener = UnixListener::listen("@weft-asio-test-" + std::to_string(::getpid()));
    Group all;
    all.go([&] {
      UnixStream stream = listener.accept();
      echo_messages(websocket::stream<UnixStream&>(stream));
      EXPECT_FALSE(stream.is_open()) << "the teardown ends it";
    });
    UnixStream stream = UnixStream::connect(listener.local_address());
    talk(websocket::stream<UnixStream&>(stream));
    all.wait();
  });
}

}  // namespace
}  // namespace weft::net
