// Connections that a handler takes from the server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <memory>
#include <string>
#include <utility>

#include "http/running_server.h"
#include "weft/chan.h"
#include "weft/http/beast.h"
#include "weft/http/server.h"
#include "weft/net.h"
#include "weft/runtime.h"
#include "weft/time.h"

namespace weft::http {
namespace {

using net::TcpStream;
using ::testing::HasSubstr;
using ::testing::StartsWith;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

constexpr std::string_view kAsk = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

std::string read_bytes(auto& stream, std::size_t count) {
  std::string text(count, '\0');
  stream.read_full(text);
  return text;
}

TEST(HttpHijack, WhatCameBehindTheHeadIsReadFirst) {
  Server server;
  server.handle("/", [](const Request& req, Response& res) {
    HijackedStream stream = res.hijack();
    EXPECT_TRUE(stream.is_open());
    EXPECT_EQ(stream.remote_endpoint(), req.remote_endpoint());
    EXPECT_EQ(read_bytes(stream, 2), "ab");
    EXPECT_EQ(read_bytes(stream, 6), "cd-efg");  // some of it came later
    stream.write_all("seen");
  });
  with_server(server, [&](const Running& running) {
    TcpStream client = TcpStream::connect(running.address());
    client.write_all(std::string(kAsk) + "abcd");
    client.write_all("-efg");
    EXPECT_EQ(read_to_end(client), "seen");
  });
  EXPECT_EQ(server.stats().requests, 1u);
  EXPECT_EQ(server.stats().connections, 0u);
}

// On the port where everything else is, with Beast's own.
TEST(HttpHijack, CarriesAWebSocket) {
  Server server;
  server.handle("GET /else", [](const Request&, Response& res) { res.text("an answer"); });
  server.handle("GET /echo", [](const Request& req, Response& res) {
    const auto request = beast_request(req);
    if (!websocket::is_upgrade(request)) return res.error(400, "a WebSocket, please");
    websocket::stream<HijackedStream> socket(res.hijack());
    socket.accept(request);
    boost::system::error_code ec;
    while (true) {
      beast::flat_buffer message;
      socket.read(message, ec);
      if (ec) break;
      socket.text(socket.got_text());
      socket.write(message.data());
    }
    EXPECT_EQ(ec, websocket::error::closed);
  });
  with_server(server, [&](const Running& running) {
    EXPECT_EQ(body_of(get_raw(running, "/else")), "an answer");
    EXPECT_THAT(get_raw(running, "/echo"), StartsWith("HTTP/1.1 400 "));
    websocket::stream<TcpStream> client(TcpStream::connect(running.address()));
    client.handshake(running.address(), "/echo");
    for (const std::string& sent : {std::string("hello"), std::string(100'000, 'x')}) {
      client.write(boost::asio::buffer(sent));
      beast::flat_buffer message;
      client.read(message);
      EXPECT_EQ(beast::buffers_to_string(message.data()), sent);
    }
    client.close(websocket::close_code::normal);
    server.shutdown();
  });
}

// Who has such a connection says good-bye on it; the server waits for that.
TEST(HttpHijack, TheContextIsDoneOnceTheShutdownBegins) {
  Server server;
  server.handle("/", [](const Request& req, Response& res) {
    const Context before = req.context();
    HijackedStream stream = res.hijack();
    EXPECT_FALSE(before.error());
    stream.write_all("here ");
    before.done().recv();
    EXPECT_EQ(req.context().error(), errc::cancelled);
    stream.write_all("good-bye");
  });
  with_server(server, [&](const Running& running) {
    TcpStream client = TcpStream::connect(running.address());
    client.write_all(kAsk);
    EXPECT_EQ(read_bytes(client, 5), "here ");
    server.shutdown();
    EXPECT_EQ(server.stats().connections, 0u);
    EXPECT_EQ(read_to_end(client), "good-bye");
  });
}

TEST(HttpHijack, TheContextDoesNotEndWithTheClient) {
  Server server;
  server.handle("/", [](const Request& req, Response& res) {
    HijackedStream stream = res.hijack();
    EXPECT_EQ(read_to_end(stream), "all");
    EXPECT_FALSE(req.context().error());
    stream.write_all("still here");
  });
  with_server(server, [&](const Running& running) {
    TcpStream client = TcpStream::connect(running.address());
    client.write_all(std::string(kAsk) + "all");
    client.shutdown_write();
    EXPECT_EQ(read_to_end(client), "still here");
  });
}

TEST(HttpHijack, CloseEndsItWhileItsHandlerRuns) {
  Server server;
  auto taken = make_chan<void>();
  std::error_code ended;
  server.handle("/", [&](const Request&, Response& res) {
    HijackedStream stream = res.hijack();
    taken.send();
    std::array<char, 10> buffer;
    stream.read_some(buffer, ended);
    EXPECT_FALSE(stream.is_open());
  });
  with_server(server, [&](const Running& running) {
    TcpStream client = TcpStream::connect(running.address());
    client.write_all(kAsk);
    taken.recv();
    server.close();
    EXPECT_EQ(read_to_end(client), "");
  });
  EXPECT_EQ(ended, errc::closed);
}

// Then it is nobody's but its owner's.
TEST(HttpHijack, MayOutliveHandlerAndServer) {
  run([] {
    auto server = std::make_unique<Server>();
    auto streams = make_chan<HijackedStream>();
    server->handle("/", [&](const Request&, Response& res) { streams.send(res.hijack()); });
    std::optional<Running> running(std::in_place, *server);
    TcpStream client = TcpStream::connect(running->address());
    client.write_all(kAsk);
    HijackedStream stream = *streams.recv();
    server->shutdown();
    running.reset();
    server.reset();
    client.write_all("ping");
    EXPECT_EQ(read_bytes(stream, 4), "ping");
    stream.write_all("pong");
    EXPECT_EQ(read_bytes(client, 4), "pong");
    stream.close();
    EXPECT_EQ(read_to_end(client), "");
  });
}

TEST(HttpHijack, IsClosedWithTheStreamAndNotWithTheHandler) {
  Server server;
  auto go_on = make_chan<void>();
  server.handle("/", [&](const Request&, Response& res) {
    {
      const HijackedStream stream = res.hijack();
    }
    go_on.recv();
  });
  with_server(server, [&](const Running& running) {
    TcpStream client = TcpStream::connect(running.address());
    client.write_all(kAsk);
    EXPECT_EQ(read_to_end(client), "");
    go_on.send();
  });
}

TEST(HttpHijack, HasDeadlines) {
  Server server;
  server.handle("/", [&](const Request&, Response& res) {
    HijackedStream stream = res.hijack();
    std::array<char, 10> buffer;
    std::error_code ec;
    stream.set_read_deadline(std::chrono::steady_clock::now() - std::chrono::seconds(1));
    stream.read_some(buffer, ec);
    EXPECT_EQ(ec, errc::deadline_exceeded);
    stream.write_all("late");
  });
  with_server(server, [&](const Running& running) {
    TcpStream client = TcpStream::connect(running.address());
    client.write_all(kAsk);
    EXPECT_EQ(read_to_end(client), "late");
  });
}

// What is said of the answer afterwards goes nowhere.
TEST(HttpHijack, TakesTheAnswerAway) {
  Server server;
  server.handle("/twice", [](const Request&, Response& res) {
    HijackedStream stream = res.hijack();
    EXPECT_THROW(res.hijack(), usage_error);
    std::error_code ec;
    res.write("more", ec);
    res.flush(ec);
    EXPECT_EQ(ec, errc::closed);
    stream.write_all("this alone");
  });
  server.handle("/throws", [](const Request&, Response& res) {
    HijackedStream stream = res.hijack();
    stream.write_all("half");
    throw std::runtime_error("the other half");
  });
  server.handle("/late", [](const Request&, Response& res) {
    res.write("something");
    EXPECT_THROW(res.hijack(), usage_error);
  });
  server.handle("/asks", [](const Request& req, Response& res) {
    HijackedStream stream = res.hijack();
    EXPECT_THROW(req.body(), usage_error);
    std::array<char, 10> buffer;
    std::error_code ec;
    EXPECT_THROW(req.read_body(buffer, ec), usage_error);
    stream.write_all(read_bytes(stream, 4));
  });
  server.handle("/read", [](const Request& req, Response& res) {
    EXPECT_EQ(req.body(), "body");
    EXPECT_THROW(res.hijack(), usage_error);
  });
  ::testing::internal::CaptureStderr();
  with_server(server, [&](const Running& running) {
    EXPECT_EQ(get_raw(running, "/twice"), "this alone");
    EXPECT_EQ(get_raw(running, "/throws"), "half");
    EXPECT_EQ(ask(running, "POST /asks HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"), "body");
    EXPECT_EQ(body_of(get_raw(running, "/late")), "something");
    EXPECT_THAT(ask(running, "POST /read HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"),
                StartsWith("HTTP/1.1 200 "));
  });
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("GET /throws: the handler threw: the other half"));
  EXPECT_EQ(server.stats().handler_errors, 1u);
}

TEST(HttpHijack, OneThatWasMovedFromSaysSo) {
  HijackedStream none;
  EXPECT_FALSE(none.is_open());
  none.close();
  std::array<char, 10> buffer;
  EXPECT_THROW(none.read_some(buffer), usage_error);
  EXPECT_THROW(none.set_deadline(std::chrono::steady_clock::now()), usage_error);
}

}  // namespace
}  // namespace weft::http
