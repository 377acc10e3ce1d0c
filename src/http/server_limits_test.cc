// What a client may take of the server: time, bytes, connections.
#include "weft/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

#include "http/running_server.h"
#include "http/until_in_time.h"
#include "http/vanish.h"
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

// Sends `begin` and then byte after byte, each a moment after the last, until there is an answer; what that is. In half
// a minute, these are fewer than any limit is for bytes.
std::string drip(const Running& running, std::string_view begin) {
  TcpStream stream = TcpStream::connect(running.address());
  std::error_code ec;
  stream.write_all(begin, ec);
  std::array<char, 4096> buffer;
  const auto end = std::chrono::steady_clock::now() + 30s;
  while (std::chrono::steady_clock::now() < end) {
    stream.write_all("x", ec);
    stream.set_read_deadline(std::chrono::steady_clock::now() + 1ms);
    const std::size_t count = stream.read_some(buffer, ec);
    stream.set_read_deadline(std::chrono::steady_clock::time_point::max());
    if (ec != errc::deadline_exceeded) return std::string(buffer.data(), count) + read_to_end(stream);
  }
  return "none yet";
}

TEST(HttpServerLimits, AClientThatDripsBytesIsTimedOutAsOneThatPauses) {
  Server server(Limits{.read_header_timeout = 50ms, .read_body_timeout = 50ms});
  server.handle("/", [](const Request& req, Response& res) { res.text(req.body()); });
  with_server(server, [&](const Running& running) {
    const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
    EXPECT_THAT(drip(running, "GET / HTTP/1.1\r\nX: "), StartsWith("HTTP/1.1 408 "));
    EXPECT_THAT(drip(running, post + "Content-Length: 50000\r\n\r\n"), StartsWith("HTTP/1.1 408 "));
    EXPECT_THAT(drip(running, post + "Transfer-Encoding: chunked\r\n\r\nc350\r\n"), StartsWith("HTTP/1.1 408 "));
    while (server.stats().connections != 0) yield();
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

TEST(HttpServerLimits, APeerThatVanishedWithoutAWordIsTimedOut) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n";
  bool may_vanish = true;
  for (const std::string& sent : {std::string(), head.substr(0, 10), head + "1", head + "12"}) {
    until_in_time(100ms, 2, [&](std::chrono::milliseconds limit) {
      Server server(Limits{.read_header_timeout = limit, .read_body_timeout = limit, .idle_timeout = limit});
      server.handle("/", [](const Request& req, Response& res) { res.text(req.body()); });
      bool is_served = false;
      with_server(server, [&](const Running& running) {
        const auto begin = std::chrono::steady_clock::now();
        TcpStream client = TcpStream::connect(running.address());
        std::error_code ec;
        client.write_all(sent, ec);
        std::array<char, 100> answer;
        if (sent.ends_with("12") && client.read_some(answer, ec) == 0) return;
        may_vanish = vanish(client);
        is_served = get_raw(running, "/").starts_with("HTTP/1.1 200 ");  // who comes after it
        while (server.stats().connections != 0) yield();
        if (may_vanish) {
          EXPECT_GE(std::chrono::steady_clock::now() - begin, limit) << "told of an end after " << sent;
        }
      });
      return is_served;
    });
    if (!may_vanish) GTEST_SKIP() << "TCP_REPAIR needs CAP_NET_ADMIN";
  }
}

TEST(HttpServerLimits, LimitsOfReadingAreNoneOfTheHandler) {
  for (const std::string body : {"", "four"}) {
    until_in_time(200ms, 2, [&](std::chrono::milliseconds limit) {
      Server server(Limits{.read_header_timeout = limit, .read_body_timeout = limit, .idle_timeout = limit});
      server.handle("POST /", [&](const Request& req, Response& res) {
        req.body();
        const Context context = req.context();
        sleep_for(2 * limit);
        EXPECT_FALSE(context.error()) << "the client is there";
        res.text("patient");
      });
      std::string answer;
      with_server(server, [&](const Running& running) {
        answer = ask(running, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
                                  std::to_string(body.size()) + "\r\n\r\n" + body);
      });
      return answer.ends_with("patient");
    });
  }
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
