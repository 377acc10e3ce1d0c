// What a client may take of the server: time, bytes, connections.
#include "weft/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "http/running_server.h"
#include "weft/chan.h"
#include "weft/net.h"
#include "weft/runtime.h"
#include "weft/time.h"

namespace weft::http {
namespace {

using namespace std::chrono_literals;
using net::TcpStream;
using ::testing::EndsWith;
using ::testing::StartsWith;

TEST(HttpServerLimits, LimitsAreKept) {
  Server server(Limits{.max_body_bytes = 1000, .max_header_bytes = 16 << 10});
  server.handle("/", [](const Request& req, Response& res) { res.text(std::to_string(req.body().size())); });
  with_server(server, [&](const Running& running) {
    EXPECT_THAT(get_raw(running, "/", "X: " + std::string(15'000, 'x') + "\r\n"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(get_raw(running, "/", "X: " + std::string(17'000, 'x') + "\r\n"), StartsWith("HTTP/1.1 431 "));
    EXPECT_THAT(get_raw(running, "/" + std::string(20'000, 'x')), StartsWith("HTTP/1.1 431 "));
    const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
    EXPECT_THAT(ask(running, post + "Content-Length: 1000\r\nConnection: close\r\n\r\n" + std::string(1000, 'x')),
                EndsWith("1000"));
    EXPECT_THAT(ask(running, post + "Content-Length: 1001\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(ask(running, post + "Transfer-Encoding: chunked\r\n\r\n" + chunked(std::string(2000, 'x'), 300)),
                StartsWith("HTTP/1.1 413 "));
    EXPECT_EQ(server.stats().bad_requests, 2u);
  });
}

TEST(HttpServerLimits, ASmallHeaderLimitIsExact) {
  const std::string head = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  for (const std::size_t most : {head.size() - 1, head.size()}) {
    Server server(Limits{.max_header_bytes = most});
    server.handle("/", [](const Request&, Response& res) { res.text("x"); });
    with_server(server, [&](const Running& running) {
      EXPECT_THAT(ask(running, head), StartsWith(most < head.size() ? "HTTP/1.1 431 " : "HTTP/1.1 200 "));
      EXPECT_THAT(ask(running, "GET / HTTP/1.1\r\nX: " + std::string(most, 'x')), StartsWith("HTTP/1.1 431 "));
    });
  }
}

TEST(HttpServerLimits, NoneThatLetsNobodyInIsAllowed) {
  EXPECT_THROW(Server(Limits{.max_header_bytes = 0}), usage_error);
  EXPECT_THROW(Server(Limits{.max_connections = 0}), usage_error);
}

TEST(HttpServerLimits, AHeaderOrABodyThatDoesNotComeIsTimedOut) {
  Server server(Limits{.read_header_timeout = 2ms, .read_body_timeout = 2ms});
  server.handle("/", [](const Request& req, Response& res) { res.text(req.body()); });
  with_server(server, [](const Running& running) {
    EXPECT_THAT(ask(running, "GET / HT"), StartsWith("HTTP/1.1 408 "));
    EXPECT_THAT(ask(running, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc"),
                StartsWith("HTTP/1.1 408 "));
  });
}

TEST(HttpServerLimits, AnIdleConnectionEndsWithoutAWord) {
  Server server(Limits{.idle_timeout = 2ms});
  with_server(server, [](const Running& running) { EXPECT_EQ(ask(running, ""), ""); });
}

TEST(HttpServerLimits, AClientThatDoesNotReadIsTimedOut) {
  Server server(Limits{.write_timeout = 5ms});
  auto failed = make_chan<std::string>(1);
  server.handle("/", [&](const Request&, Response& res) {
    try {
      while (true) res.write(std::string(100'000, 'x'));
    } catch (const std::system_error& error) {
      failed.send(error.code().message());
      throw;
    }
  });
  with_server(server, [&](const Running& running) {
    TcpStream stream = TcpStream::connect(running.address());
    stream.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(failed.recv(), make_error_code(errc::deadline_exceeded).message());
    while (server.stats().active != 0) yield();
    EXPECT_EQ(server.stats().handler_errors, 0u) << "that is the client's fault";
  });
}

TEST(HttpServerLimits, LimitsOfReadingAreNoneOfTheHandler) {
  // As long as a busy machine takes to bring a request through, and no longer.
  Server server(Limits{.read_header_timeout = 400ms, .read_body_timeout = 400ms, .idle_timeout = 400ms});
  server.handle("POST /", [](const Request& req, Response& res) {
    req.body();
    const Context context = req.context();
    sleep_for(800ms);
    EXPECT_FALSE(context.error()) << "the client is there";
    res.text("patient");
  });
  with_server(server, [](const Running& running) {
    for (const std::string body : {"", "four"}) {
      EXPECT_THAT(ask(running, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
                                   std::to_string(body.size()) + "\r\n\r\n" + body),
                  EndsWith("patient"));
    }
  });
}

TEST(HttpServerLimits, NoMoreConnectionsThanAllowed) {
  Server server(Limits{.max_connections = 2});
  server.handle("/", [](const Request&, Response& res) { res.text("x"); });
  with_server(server, [&](const Running& running) {
    TcpStream one = TcpStream::connect(running.address()), two = TcpStream::connect(running.address());
    for (TcpStream* each : {&one, &two}) {
      each->write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      read_answer(*each);
    }
    TcpStream three = TcpStream::connect(running.address());
    three.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(server.stats().connections, 2u);
    one.close();
    EXPECT_EQ(body_of(read_answer(three)), "x");
  });
}

}  // namespace
}  // namespace weft::http
