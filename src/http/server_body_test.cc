// Bodies: how they come in and go out.
#include "http/test_handlers.h"
#include "weft/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <system_error>
#include <tuple>

#include "http/running_server.h"
#include "weft/chan.h"
#include "weft/error.h"
#include "weft/net.h"
#include "weft/runtime.h"
#include "weft/time.h"

namespace weft::http {
namespace {

using net::TcpStream;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(HttpServerBody, WhatIsFlushedGoesInChunks) {
  Server server;
  const TwoPartsHandler handler;
  server.handle("/", handler);
  with_server(server, [&](const Running& running) {
    TcpStream stream = TcpStream::connect(running.address());
    stream.write_all("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    std::string got;
    std::array<char, 1000> buffer;
    while (!got.ends_with("5\r\nfirst\r\n")) got.append(buffer.data(), stream.read_some(buffer));
    EXPECT_THAT(got, HasSubstr("Transfer-Encoding: chunked\r\n"));
    handler.go_on.close();
    EXPECT_EQ(read_to_end(stream), "6\r\nsecond\r\n0\r\n\r\n");
  });
}

TEST(HttpServerBody, LargeBodiesOfAllKindsArriveWhole) {
  Server server;
  const std::string large(3'000'000, 'x');
  add_large_answers(server, large);
  server.handle("/count", [&](const Request& req, Response& res) {
    std::array<std::byte, 1000> buffer;
    std::size_t total = 0;
    while (const std::size_t count = req.read_body(buffer)) total += count;
    res.text(std::to_string(total));
  });
  with_server(server, [&](const Running& running) {
    EXPECT_EQ(body_of(get_raw(running, "/send")), large);
    EXPECT_EQ(body_of(get_raw(running, "/write")), large);
    const std::string length = "Content-Length: 3000000\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(body_of(ask(running, "POST /echo HTTP/1.1\r\nHost: x\r\n" + length + large)), large);
    EXPECT_EQ(body_of(ask(running, "POST /count HTTP/1.1\r\nHost: x\r\n" + length + large)), "3000000");
  });
}

TEST(HttpServerBody, ReadsChunkedBodiesAndWhatFollows) {
  Server server;
  server.handle("/echo", [&](const Request& req, Response& res) {
    EXPECT_EQ(req.header("Trailer"), "");
    res.text(req.body());
  });
  server.handle("/count", [&](const Request& req, Response& res) {
    std::array<std::byte, 7> buffer;
    std::size_t total = 0;
    while (const std::size_t count = req.read_body(buffer)) total += count;
    res.text(std::to_string(total));
  });
  server.handle("/ignore", [](const Request&, Response& res) { res.text("ignored"); });
  with_server(server, [&](const Running& running) {
    for (const std::size_t size : {1ul, 3ul, 1000ul, 20000ul}) {
      std::string body;
      for (std::size_t i = 0; i < 5 * size + 1; ++i) body += static_cast<char>('a' + i % 26);
      const std::string head = " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
      const std::string last = "GET /ignore HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
      const std::string answers =
          ask(running, "POST /echo" + head + chunked(body, size) + "POST /count" + head + chunked(body, size) +
                           "POST /ignore" + head + chunked(body, size) + last);
      EXPECT_THAT(answers, HasSubstr("\r\n\r\n" + body + "HTTP/1.1 200 OK")) << size;
      EXPECT_THAT(answers, HasSubstr("\r\n\r\n" + std::to_string(body.size()) + "HTTP/1.1 200 OK")) << size;
      EXPECT_THAT(answers, EndsWith("\r\n\r\nignored")) << size;
    }
  });
}

TEST(HttpServerBody, TellsAClientThatWaitsToContinueOnceTheBodyIsAskedFor) {
  Server server;
  server.handle("/read", [](const Request& req, Response& res) { res.text(req.body()); });
  server.handle("/refuse", [](const Request&, Response& res) { res.error(403, "no"); });
  with_server(server, [](const Running& running) {
    const std::string fields = " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
    TcpStream stream = TcpStream::connect(running.address());
    stream.write_all("POST /read" + fields);
    EXPECT_EQ(read_answer(stream), "HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all("body");
    EXPECT_EQ(body_of(read_answer(stream)), "body");
    stream.write_all("POST /refuse" + fields);
    const std::string refused = read_to_end(stream);
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 403 "));
    EXPECT_THAT(refused, HasSubstr("Connection: close"));
  });
}

TEST(HttpServerBody, NobodyIsToldToContinueInTheMiddleOfAnAnswer) {
  Server server;
  server.handle("/", [](const Request& req, Response& res) {
    res.write("begun");
    res.flush();
    res.write(req.body());
  });
  with_server(server, [](const Running& running) {
    EXPECT_THAT(ask(running,
                    "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n"
                    "Content-Length: 4\r\n\r\nbody"),
                Not(HasSubstr("100 Continue")));
  });
}

TEST(HttpServerBody, HeadHasTheLengthAndNoBody) {
  Server server;
  server.handle("GET /", [](const Request&, Response& res) { res.text("four"); });
  server.handle("GET /parts", [](const Request&, Response& res) {
    res.write("four");
    res.flush();
  });
  with_server(server, [](const Running& running) {
    const std::string head = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    const std::string answer = ask(running, "HEAD /" + head);
    EXPECT_THAT(answer, HasSubstr("Content-Length: 4\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
    EXPECT_THAT(ask(running, "HEAD /parts" + head), EndsWith("\r\n\r\n"));
  });
}

TEST(HttpServerBody, NoContentHasNone) {
  Server server;
  server.handle("/", [](const Request&, Response& res) { res.status(204); });
  with_server(server, [](const Running& running) {
    const std::string answer = get_raw(running, "/");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 204 No Content\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("Content-")));
  });
}

TEST(HttpServerBody, ReadingABodyTwiceGivesItOnce) {
  Server server;
  server.handle("/", read_body_twice);
  with_server(server, [](const Running& running) {
    const std::string post = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    EXPECT_THAT(ask(running, post + "Content-Length: 4\r\n\r\nbody"), EndsWith("\r\n\r\nbody"));
    EXPECT_THAT(ask(running, post + "Transfer-Encoding: chunked\r\n\r\n" + chunked("body", 3)),
                EndsWith("\r\n\r\nbody"));
  });
}

// A server whose handler answers 422 with what the error code says, however it reads the body, and whatever else it
// read before.
class AnswersWithTheCode {
 public:
  explicit AnswersWithTheCode(Limits limits) : server_(limits) {
    server_.handle("/all", [this](const Request& req, Response& res) {
      std::error_code ec, again;
      EXPECT_EQ(req.body(ec), "");
      EXPECT_EQ(req.body(again), "");
      EXPECT_EQ(ec, again) << "an error stays";
      std::array<char, 10> buffer;
      EXPECT_EQ(req.read_body(buffer, again), 0u);
      EXPECT_EQ(ec, again) << "in every form";
      EXPECT_THROW(req.body(), HttpError);
      tell(ec, res);
    });
    server_.handle("/pieces", [this](const Request& req, Response& res) {
      std::error_code ec;
      std::array<char, 3> buffer;
      std::string got;
      while (const std::size_t count = req.read_body(buffer, ec)) {
        EXPECT_FALSE(ec);
        got.append(buffer.data(), count);
      }
      tell(ec, res);
      res.write(", after " + got);
    });
  }

  Server& server() { return server_; }
  /// Of the next request.
  std::error_code code() const { return codes_.recv().value(); }

 private:
  void tell(std::error_code ec, Response& res) {
    codes_.send(ec);
    res.status(422).text(ec.message());
  }

  Server server_;
  Chan<std::error_code> codes_ = make_chan<std::error_code>(1);
};

// Sends that, ends its own side, and returns all that comes.
std::string ask_and_end(const Running& running, const std::string& bytes) {
  TcpStream stream = TcpStream::connect(running.address());
  stream.write_all(bytes);
  stream.shutdown_write();
  return read_to_end(stream);
}

TEST(HttpServerBody, AnErrorCodeSaysWhatIsWrongWithABody) {
  AnswersWithTheCode answers({.max_body_bytes = 10});
  with_server(answers.server(), [&](const Running& running) {
    const std::string chunks = "Transfer-Encoding: chunked\r\n\r\n";
    const std::tuple<std::string, std::error_code, std::string> cases[] = {
        {"Content-Length: 11\r\n\r\nhello world", std::make_error_code(std::errc::message_size), ""},
        {chunks + "5\r\nhello\r\n6\r\n world\r\n", std::make_error_code(std::errc::message_size), "hello"},
        {chunks + "5\r\nhello\r\nnone\r\n", std::make_error_code(std::errc::bad_message), "hello"},
        {chunks + "5;" + std::string(20'000, 'e'), std::make_error_code(std::errc::bad_message), ""},
        {"Content-Length: 9\r\n\r\nhello", errc::end_of_stream, "hello"},
        {chunks + "5\r\nhello\r\n4\r\n", errc::end_of_stream, "hello"},
    };
    for (const auto& [body, expected, came] : cases) {
      for (const std::string target : {"/all", "/pieces"}) {
        const std::string what = target + " " + body.substr(0, 60);
        const std::string answer = ask_and_end(running, "POST " + target + " HTTP/1.1\r\nHost: x\r\n" + body);
        EXPECT_EQ(answers.code(), expected) << what;
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 422 ")) << "the handler's answer: " << what;
        EXPECT_THAT(answer, HasSubstr("Connection: close\r\n")) << what;
        EXPECT_EQ(body_of(answer), expected.message() + (target == "/pieces" ? ", after " + came : "")) << what;
      }
    }
  });
}

TEST(HttpServerBody, AnErrorCodeSaysThatABodyDoesNotComeInTime) {
  AnswersWithTheCode answers({.read_body_timeout = std::chrono::milliseconds(2)});
  with_server(answers.server(), [&](const Running& running) {
    for (const std::string target : {"/all", "/pieces"}) {
      const std::string answer =
          ask(running, "POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhello");
      EXPECT_THAT(answer, StartsWith("HTTP/1.1 422 ")) << target;
      EXPECT_EQ(answers.code(), errc::deadline_exceeded) << target;
    }
  });
}

TEST(HttpServerBody, AnErrorCodeIsClearWhereNothingWentWrong) {
  Server server;
  server.handle("/", [](const Request& req, Response& res) {
    std::error_code ec = errc::closed;
    std::array<std::byte, 3> buffer;
    EXPECT_EQ(req.read_body(buffer, ec), 3u);
    EXPECT_FALSE(ec);
    ec = errc::closed;
    const std::string rest(req.body(ec));
    EXPECT_FALSE(ec);
    ec = errc::closed;
    EXPECT_EQ(req.read_body(buffer, ec), 0u);
    EXPECT_FALSE(ec);
    res.text(rest);
  });
  with_server(server, [](const Running& running) {
    const std::string post = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    EXPECT_THAT(ask(running, post + "Content-Length: 11\r\n\r\nhello world"), EndsWith("\r\n\r\nlo world"));
    EXPECT_THAT(ask(running, post + "Transfer-Encoding: chunked\r\n\r\n" + chunked("hello world", 5)),
                EndsWith("\r\n\r\nlo world"));
  });
}

// What was buffered behind the head may be more than a chunk's head or a trailer ever is.
TEST(HttpServerBody, AChunkThatNeverBeginsAndATrailerThatNeverEndsAreRefused) {
  Server server;
  server.handle("/", [](const Request& req, Response& res) { res.text(req.body()); });
  with_server(server, [](const Running& running) {
    const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nX: ";
    for (const std::string target : {"/", "/nobody"}) {
      std::string begin = head;
      begin.replace(5, 1, target);
      for (const std::string start : {"0\r\nX: ", "5;"}) {
        for (const std::size_t more : {12'000ul, 30'000ul}) {
          TcpStream stream = TcpStream::connect(running.address());
          std::error_code ec;
          stream.write_all(begin + std::string(17'000, 'h') + "\r\n\r\n" + start + std::string(more, 'e'));
          const std::string rest(5000, 'e');
          for (int i = 0; i < 20 && !ec; ++i) stream.write_all(std::as_bytes(std::span(rest)), ec);
          stream.close();
        }
      }
    }
    EXPECT_THAT(get_raw(running, "/"), StartsWith("HTTP/1.1 200 "));
  });
}

TEST(HttpServerBody, AnAnswerThatOnlyTheEndEndsIsResetWhenItBreaksOff) {
  Server server;
  server.handle("/", [](const Request&, Response& res) {
    res.write("half");
    res.flush();
    throw std::runtime_error("the rest is missing");
  });
  with_server(server, [](const Running& running) {
    TcpStream stream = TcpStream::connect(running.address());
    stream.write_all("GET / HTTP/1.0\r\n\r\n");
    std::array<char, 4096> buffer;
    std::error_code ec;
    while (stream.read_some(buffer, ec) != 0) {
    }
    EXPECT_EQ(ec, std::errc::connection_reset);
  });
}

}  // namespace
}  // namespace weft::http
