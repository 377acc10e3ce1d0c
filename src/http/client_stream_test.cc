// Bodies piece by piece, in both directions: open() and BodySource.
#include <gtest/gtest.h>

#include <array>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "http/client_test_support.h"
#include "http/test_handlers.h"
#include "weft/http/client.h"
#include "weft/net.h"
#include "weft/select.h"
#include "weft/sync.h"
#include "weft/time.h"

namespace weft::http {
namespace {

using namespace std::chrono_literals;
namespace beast_http = boost::beast::http;

constexpr std::size_t kLarge = 8 << 20;  // more than the kernel holds between two ends

// Gives `size` bytes in pieces of its caller's size, each of them what its place says.
BodySource source_of(std::size_t size) {
  return [size, at = std::size_t{0}](std::span<std::byte> into) mutable {
    const std::size_t count = std::min(into.size(), size - at);
    for (std::size_t i = 0; i < count; ++i) into[i] = static_cast<std::byte>((at + i) % 251);
    at += count;
    return count;
  };
}

// Reads to the end; the bytes are source_of's.
std::size_t read_all(ClientStream& stream, std::error_code& ec) {
  std::array<std::byte, 10'000> buffer;
  std::size_t size = 0;
  while (const std::size_t count = stream.read_body(buffer, ec)) {
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(buffer[i], static_cast<std::byte>((size + i) % 251));
    size += count;
  }
  return size;
}

std::error_code skip_all(ClientStream& stream) {
  std::array<std::byte, 1000> buffer;
  std::error_code ec;
  while (stream.read_body(buffer, ec) != 0) {
  }
  return ec;
}

class HttpClientStream : public ClientBesideServer {
 protected:
  HttpClientStream() : ClientBesideServer(Limits{.max_body_bytes = 2 * kLarge}) {
    server_.handle("POST /count", [](const Request& req, Response& res) {
      std::array<std::byte, 10'000> buffer;
      std::size_t size = 0;
      while (const std::size_t count = req.read_body(buffer)) size += count;
      res.text(std::to_string(size) + " " + std::string(req.header("Content-Length")));
    });
    server_.handle("POST /echo", echo_in_pieces);
  }
};

TEST_F(HttpClientStream, ALargeBodyGoesOutWhileTheAnswerComesIn) {
  with_server([&] {
    ClientStream stream = client_->open({.method = "POST", .url = url_ + "/echo", .body_source = source_of(kLarge)});
    EXPECT_EQ(stream.status(), 200);
    std::error_code ec;
    EXPECT_EQ(read_all(stream, ec), kLarge);
    EXPECT_FALSE(ec);
    EXPECT_EQ(client_->post(url_ + "/echo", "x/y", std::string(kLarge, 'x')).body, std::string(kLarge, 'x'));
    EXPECT_EQ(server_.stats().connections, 1u);
  });
}

TEST_F(HttpClientStream, ABodySourceGoesInChunksOrWithItsLength) {
  with_server([&] {
    ClientRequest request{.method = "POST", .url = url_ + "/count", .body_source = source_of(100'000)};
    EXPECT_EQ(client_->send(request).body, "100000 ");
    request.body_source = source_of(100'000);
    request.body_source_bytes = 100'000;
    EXPECT_EQ(client_->send(request).body, "100000 100000");
    request.body_source = source_of(0);
    request.body_source_bytes = std::nullopt;
    EXPECT_EQ(client_->send(request).body, "0 ");
    request.body_source = source_of(10);
    request.body_source_bytes = 11;
    EXPECT_THROW(client_->send(request), usage_error);
    request.body_source = source_of(12);
    EXPECT_THROW(client_->send(request), usage_error);
    request.body = "another";
    EXPECT_THROW(client_->send(request), usage_error);
  });
}

TEST_F(HttpClientStream, WhatASourceThrowsLeavesTheCall) {
  with_server([&] {
    int calls = 0;
    auto may_throw = make_chan<void>(1);
    const auto broken = [&](std::span<std::byte> into) -> std::size_t {
      if (++calls <= 3) return into.size();
      may_throw.recv();
      throw std::runtime_error("the disk is gone");
    };
    may_throw.send();
    try {
      client_->send({.method = "POST", .url = url_ + "/count", .body_source = broken});
      FAIL();
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "the disk is gone");
    }
    calls = 0;  // and while the answer is read
    ClientStream stream = client_->open({.method = "POST", .url = url_ + "/echo", .body_source = broken});
    may_throw.send();
    EXPECT_THROW(skip_all(stream), std::runtime_error);
  });
}

TEST_F(HttpClientStream, AnAnswerWithoutAnEndIsReadUntilOneHasEnough) {
  auto left = make_chan<void>();
  server_.handle("/events", [&](const Request&, Response& res) {
    std::error_code ec;
    while (!ec) {
      res.write("data\n", ec);
      if (!ec) res.flush(ec);
    }
    left.send();
  });
  with_server([&] {
    const CancelContext both = with_cancel({});
    std::array<std::byte, 1000> buffer;
    {
      ClientStream stream = client_->open({.url = url_ + "/events"});
      for (int i = 0; i < 100; ++i) EXPECT_NE(stream.read_body(buffer), 0u);
    }
    left.recv();
    ClientStream stream = client_->open({.url = url_ + "/events"}, both.context);
    EXPECT_NE(stream.read_body(buffer), 0u);
    both.cancel();
    EXPECT_EQ(skip_all(stream), errc::cancelled);
    EXPECT_EQ(skip_all(stream), errc::cancelled) << "it stays";
    left.recv();
  });
}

TEST_F(HttpClientStream, TheTimeoutEndsWithTheHead) {
  auto go_on = make_chan<void>();
  server_.handle("/slow", [&](const Request& req, Response& res) {
    res.flush();
    if (select(on_recv(go_on), on_done(req.context())) != 0) return;
    res.write("late");
  });
  with_server([&] {
    ClientStream stream;
    std::chrono::milliseconds limit = 10ms;
    for (std::error_code ec = errc::deadline_exceeded; ec; limit *= 2)  // long enough for this machine
      stream = Client(ClientOptions{.timeout = limit}).open({.url = url_ + "/slow"}, {}, ec);
    const auto opened = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - opened <= limit) yield();
    go_on.close();  // one of a time before may wait for it, too
    std::array<std::byte, 100> buffer;
    EXPECT_EQ(stream.read_body(buffer), 4u);
    EXPECT_EQ(stream.read_body(buffer), 0u);
  });
}

TEST_F(HttpClientStream, AContextThatHasEndedGivesNothingMoreOut) {
  server_.handle("/", [](const Request&, Response& res) { res.text("it came with the head"); });
  with_server([&] {
    const CancelContext both = with_cancel({});
    ClientStream stream = client_->open({.url = url_ + "/"}, both.context);
    std::array<std::byte, 2> buffer;
    EXPECT_EQ(stream.read_body(buffer), 2u);
    both.cancel();
    std::error_code ec;
    EXPECT_EQ(stream.read_body(buffer, ec), 0u);
    EXPECT_EQ(ec, errc::cancelled);
    EXPECT_EQ(stream.read_body(std::span<std::byte>(), ec), 0u);
    EXPECT_EQ(ec, errc::cancelled) << "it stays";
  });
}

TEST_F(HttpClientStream, TheConnectionIsUsedAgainOnlyAfterAWholeBody) {
  server_.handle("/", [](const Request& req, Response& res) { res.text(req.remote_endpoint().to_string()); });
  server_.handle("/large", [](const Request&, Response& res) { res.text(std::string(kLarge, 'x')); });
  with_server([&] {
    const std::string first = client_->get(url_ + "/").body;
    {
      const ClientStream unread = client_->open({.url = url_ + "/"});
    }  // its body came with the head
    EXPECT_EQ(client_->get(url_ + "/").body, first);
    {
      const ClientStream unread = client_->open({.url = url_ + "/large"});
    }
    EXPECT_NE(client_->get(url_ + "/").body, first);
  });
}

TEST_F(HttpClientStream, OutlivesItsClient) {
  with_server([&] {
    ClientStream stream = client_->open({.method = "POST", .url = url_ + "/echo", .body_source = source_of(100'000)});
    client_.emplace();
    std::error_code ec;
    EXPECT_EQ(read_all(stream, ec), 100'000u);
    EXPECT_EQ(stream.url(), url_ + "/echo");
    stream = {};
    EXPECT_EQ(stream.status(), 0);
    EXPECT_THROW(read_all(stream, ec), usage_error);
  });
}

TEST_F(HttpClientStream, ASourceIsNotSentToWhereAnAnswerRedirects) {
  server_.handle("POST /keep", [](const Request&, Response& res) { res.redirect("/count", 307); });
  server_.handle("POST /see", [](const Request&, Response& res) { res.redirect("/get", 303); });
  server_.handle("GET /get", [](const Request&, Response& res) { res.text("got"); });
  with_server([&] {
    ClientRequest request{.method = "POST", .url = url_ + "/keep", .body_source = source_of(10)};
    EXPECT_EQ(client_->send(request).status, 307);
    request.url = url_ + "/see";
    for (const std::size_t size : {10ul, kLarge}) {  // the answer comes while the source is at work
      request.body_source = [text = std::string(100, 'x'), give = source_of(size)](std::span<std::byte> into) mutable {
        text += 'y';
        return give(into);
      };
      EXPECT_EQ(client_->send(request).body, "got");
    }
  });
}

// A server that speaks when it likes: `serve` has the connection, after the request's head has come.
template <class Serve, class Test>
void with_raw_server(Serve&& serve, Test&& test) {
  run([&] {
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    auto serving = spawn([&] {
      net::TcpStream stream = listener.accept();
      std::string head;
      std::array<char, 1> byte;
      while (head.find("\r\n\r\n") == std::string::npos) head.append(byte.data(), stream.read_some(byte));
      serve(stream);
    });
    test("http://" + listener.local_endpoint().to_string() + "/");
    serving.join();
  });
}

void say(net::TcpStream& stream, std::string_view text) {
  std::error_code ec;
  stream.write_all(std::as_bytes(std::span(text)), ec);
}

void say_until_nobody_listens(net::TcpStream& stream, std::string_view text) {
  std::error_code ec;
  while (!ec) stream.write_all(std::as_bytes(std::span(text)), ec);
}

std::error_code error_of_get(const std::string& url, const ClientOptions& options = {}) {
  std::error_code ec;
  Client(options).get(url, {}, ec);
  return ec;
}

std::error_code beast_error(beast_http::error error) { return boost::system::error_code(error); }

TEST(HttpClientStreamRaw, AnAnswerCountsThoughTheBodyIsNotRead) {
  auto answered = make_chan<void>();
  with_raw_server(
      [&](net::TcpStream& stream) {
        say(stream, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
        answered.recv();
      },
      [&](const std::string& url) {
        EXPECT_EQ(Client().post(url, "x/y", std::string(kLarge, 'x')).body, "no");
        answered.send();
      });
}

// Beast asserts, where assertions are on, that it never sees "0\r\n\r\n" in pieces.
TEST(HttpClientStreamRaw, ChunksMayComeByteByByte) {
  for (const char* body : {"3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nTrailer: z\r\n\r\n", "0\r\n\r\n"}) {
    with_raw_server(
        [&](net::TcpStream& stream) {
          for (const char c : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body)) {
            say(stream, {&c, 1});
            yield();
          }
        },
        [&](const std::string& url) {
          const ClientResponse response = Client().get(url);
          EXPECT_EQ(response.body, body[0] == '3' ? "abcd" : "");
          EXPECT_EQ(response.header("Trailer"), "");
        });
  }
}

TEST(HttpClientStreamRaw, ABodyThatBreaksOffIsAnError) {
  for (const char* body : {"Content-Length: 5\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    with_raw_server([&](net::TcpStream& stream) { say(stream, std::string("HTTP/1.1 200 OK\r\n") + body); },
                    [](const std::string& url) {
                      Client client;
                      ClientStream stream = client.open({.url = url});
                      std::array<std::byte, 100> buffer;
                      EXPECT_EQ(stream.read_body(buffer), 3u);
                      std::error_code ec;
                      EXPECT_EQ(stream.read_body(buffer, ec), 0u);
                      EXPECT_TRUE(ec);
                    });
  }
}

TEST(HttpClientStreamRaw, AChunkHeadWithoutAnEndIsAnError) {
  with_raw_server(
      [](net::TcpStream& stream) {
        say(stream, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;");
        say_until_nobody_listens(stream, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
      },
      [](const std::string& url) { EXPECT_EQ(error_of_get(url), beast_error(beast_http::error::bad_chunk)); });
}

// Each line is parsed, and gone, before the next has come.
TEST(HttpClientStreamRaw, AHeadWithoutAnEndIsAnError) {
  with_raw_server(
      [](net::TcpStream& stream) {
        say(stream, "HTTP/1.1 200 OK\r\n");
        say_until_nobody_listens(stream, "X: y\r\n");
      },
      [](const std::string& url) {
        EXPECT_EQ(error_of_get(url, {.max_header_bytes = 500}), beast_error(beast_http::error::header_limit));
      });
}

TEST(HttpClientStreamRaw, InterimAnswersWithoutAnEndAreAnError) {
  with_raw_server(
      [](net::TcpStream& stream) { say_until_nobody_listens(stream, "HTTP/1.1 102 Processing\r\n\r\n"); },
      [](const std::string& url) { EXPECT_EQ(error_of_get(url), beast_error(beast_http::error::bad_status)); });
}

// The server speaks once the head has come; the source gives something only when it was answered.
TEST(HttpClientStreamRaw, TheHeadDoesNotWaitForTheSource) {
  auto answered = make_chan<void>();
  with_raw_server(
      [&](net::TcpStream& stream) {
        say(stream, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
        answered.close();
      },
      [&](const std::string& url) {
        const auto source = [&](std::span<std::byte>) -> std::size_t {
          answered.recv();
          return 0;
        };
        EXPECT_EQ(Client().send({.method = "POST", .url = url, .body_source = source}).body, "no");
      });
}

TEST(HttpClientStreamRaw, WhatASourceThrowsAfterTheAnswerIsNotLost) {
  auto answered = make_chan<void>();
  with_raw_server(
      [&](net::TcpStream& stream) {
        say(stream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        answered.close();
      },
      [&](const std::string& url) {
        const auto source = [&](std::span<std::byte>) -> std::size_t {
          answered.recv();
          throw std::runtime_error("the disk is gone");
        };
        EXPECT_THROW(Client().send({.method = "POST", .url = url, .body_source = source}), std::runtime_error);
      });
}

TEST(HttpClientStreamRaw, AnErrorIsToldThoughTheSourceWaits) {
  auto feed = make_chan<void>();
  with_raw_server([](net::TcpStream& stream) { say(stream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"); },
                  [&](const std::string& url) {
                    const auto source = [&](std::span<std::byte>) -> std::size_t {
                      feed.recv();
                      return 0;
                    };
                    Client client;
                    ClientStream stream = client.open({.method = "POST", .url = url, .body_source = source});
                    EXPECT_TRUE(skip_all(stream));
                    feed.close();
                  });
}

}  // namespace
}  // namespace weft::http
