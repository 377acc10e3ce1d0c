#include "weft/http/server.h"
#include "http/test_handlers.h"

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

using net::TcpStream;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(HttpServer, ALengthOrAStatusThatIsWrongIsA500AndToldOf) {
  Server server;
  server.handle("/less", [](const Request&, Response& res) { res.set_header("Content-Length", "10").text("abc"); });
  server.handle("/more", [](const Request&, Response& res) { res.set_header("Content-Length", "2").text("abc"); });
  server.handle("/flushed", [](const Request&, Response& res) {
    res.set_header("Content-Length", "10").text("abc");
    res.flush();
  });
  server.handle("/status", [](const Request&, Response&) { throw HttpError(1000, "x"); });
  with_server(server, [&](const Running& running) {
    for (const char* path : {"/less", "/more", "/status"})
      EXPECT_THAT(get_raw(running, path), StartsWith("HTTP/1.1 500 ")) << path;
    EXPECT_THAT(get_raw(running, "/flushed"), EndsWith("\r\n\r\nabc")) << "it breaks off";
    while (server.stats().handler_errors != 4) yield();
  });
}

TEST(HttpServer, EveryStatusHasItsWordsOrNone) {
  Server server;
  server.handle("/{code}",
                [](const Request& req, Response& res) { res.status(std::stoi(std::string(req.path_value("code")))); });
  with_server(server, [](const Running& running) {
    EXPECT_THAT(get_raw(running, "/413"), StartsWith("HTTP/1.1 413 Content Too Large\r\n"));
    EXPECT_THAT(get_raw(running, "/418"), StartsWith("HTTP/1.1 418 I'm a teapot\r\n"));
    EXPECT_THAT(get_raw(running, "/425"), StartsWith("HTTP/1.1 425 Too Early\r\n"));
    EXPECT_THAT(get_raw(running, "/298"), StartsWith("HTTP/1.1 298 \r\n"));
  });
}

TEST(HttpServer, AnyNameOrAddressIsAHost) {
  Server server;
  server.handle("/", [](const Request& req, Response& res) { res.text(std::string(req.header("Host"))); });
  with_server(server, [](const Running& running) {
    for (const std::string host :
         {"", "a.example:80", "a:", "[::1]:8080", "[2001:db8::7]", "caf%C3%A9.example", "a_b.c-d~", "1.2.3.4"}) {
      EXPECT_EQ(body_of(ask(running, "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")), host);
    }
  });
}

TEST(HttpServer, AnswersWithTheHandlersText) {
  Server server;
  server.handle("GET /hello", [](const Request&, Response& res) { res.text("Hello, World!"); });
  with_server(server, [](const Running& running) {
    const std::string answer = get_raw(running, "/hello");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 13\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nHello, World!"));
  });
}

TEST(HttpServer, HandlersSeeTheRequest) {
  Server server;
  server.handle("PUT /items/{id}/{rest...}", [](const Request& req, Response& res) {
    res.json({{"method", std::string(req.method())},
              {"id", std::string(req.path_value("id"))},
              {"rest", std::string(req.path_value("rest"))},
              {"none", std::string(req.path_value("none"))},
              {"q", std::string(req.query("q"))},
              {"has", req.has_query("flag")},
              {"has_not", req.has_query("fla")},
              {"x", std::string(req.header("x-FIELD"))},
              {"path", std::string(req.path())},
              {"pattern", std::string(req.pattern())},
              {"body", std::string(req.body())}});
  });
  with_server(server, [](const Running& running) {
    const std::string answer = ask(running,
                                   "PUT /items/a%20b/c/d?x=1&q=a+b%26&flag HTTP/1.1\r\nHost: h\r\nX-Field:  v \r\n"
                                   "Content-Length: 3\r\nConnection: close\r\n\r\nxyz");
    EXPECT_THAT(answer, HasSubstr("Content-Type: application/json\r\n"));
    EXPECT_EQ(body_of(answer),
              R"({"method":"PUT","id":"a b","rest":"c/d","none":"","q":"a b&","has":true,"has_not":false,"x":"v",)"
              R"("path":"/items/a b/c/d","pattern":"PUT /items/{id}/{rest...}","body":"xyz"})");
  });
}

TEST(HttpServer, KeepsTheConnectionAndAnswersPipelinedRequestsInOrder) {
  Server server;
  server.handle("/{n}", [](const Request& req, Response& res) { res.text(req.path_value("n")); });
  with_server(server, [](const Running& running) {
    TcpStream stream = TcpStream::connect(running.address());
    for (const char* n : {"1", "2"}) {
      stream.write_all("GET /" + std::string(n) + " HTTP/1.1\r\nHost: x\r\n\r\n");
      EXPECT_EQ(body_of(read_answer(stream)), n);
    }
    stream.write_all("GET /3 HTTP/1.1\r\nHost: x\r\n\r\nGET /4 HTTP/1.1\r\nHost: x\r\n\r\nGET /5 HTTP/1.1\r\nHo");
    EXPECT_EQ(body_of(read_answer(stream)), "3");
    EXPECT_EQ(body_of(read_answer(stream)), "4");
    stream.write_all("st: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(read_to_end(stream), EndsWith("\r\n\r\n5"));
  });
}

TEST(HttpServer, AnIdleConnectionHoldsNoGoroutine) {
  Server server;
  server.handle("/", [](const Request&, Response& res) { res.text("x"); });
  with_server(server, [&](const Running& running) {
    std::vector<TcpStream> streams;
    for (int i = 0; i < 100; ++i) {
      streams.push_back(TcpStream::connect(running.address()));
      streams.back().write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      read_answer(streams.back());
    }
    while (server.stats().idle != 100) yield();
    EXPECT_EQ(server.stats().connections, 100u);
    while (num_goroutines() > 3) yield();  // main, the acceptor, perhaps one that is at its end
    for (TcpStream& stream : streams) {
      stream.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      EXPECT_EQ(body_of(read_answer(stream)), "x");
    }
  });
}

TEST(HttpServer, HttpOneZeroAndConnectionHeaders) {
  Server server;
  server.handle("/", [](const Request& req, Response& res) { res.text(std::to_string(req.version())); });
  server.handle("/parts", [](const Request&, Response& res) {
    res.write("one ");
    res.flush();
    res.write("two");
  });
  with_server(server, [](const Running& running) {
    EXPECT_THAT(ask(running, "GET / HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close\r\n\r\n10"));
    EXPECT_THAT(ask(running, "GET /parts HTTP/1.0\r\n\r\n"), EndsWith("\r\n\r\none two"));
    TcpStream stream = TcpStream::connect(running.address());
    stream.write_all("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(read_answer(stream), HasSubstr("Connection: keep-alive\r\n"));
    stream.write_all("GET / HTTP/1.0\r\n\r\n");
    EXPECT_THAT(read_to_end(stream), EndsWith("10"));
  });
}

TEST(HttpServer, NamesWhatIsNotThere) {
  Server server;
  server.handle("GET /a", [](const Request&, Response&) {});
  server.handle("POST /a", [](const Request&, Response&) {});
  with_server(server, [](const Running& running) {
    EXPECT_THAT(get_raw(running, "/b"), StartsWith("HTTP/1.1 404 Not Found"));
    const std::string answer = ask(running, "PUT /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 Method Not Allowed"));
    EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD, POST\r\n"));
    EXPECT_THAT(get_raw(running, "//b/../a?q"), HasSubstr("Location: /a?q\r\n"));
    EXPECT_THAT(get_raw(running, "/b/%2e%2e/a"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(get_raw(running, "http://x/a"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(ask(running, "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
                StartsWith("HTTP/1.1 200 "));
  });
}

TEST(HttpServer, ARedirectThatIsNoneChangesNothing) {
  Server server;
  server.handle("/", [](const Request&, Response& res) {
    EXPECT_THROW(res.redirect("/a\r\nX: y"), usage_error);
    EXPECT_THROW(res.redirect("/a", 200), usage_error);
    res.text("as before");
  });
  with_server(server, [](const Running& running) {
    const std::string answer = get_raw(running, "/");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(answer, Not(HasSubstr("Location")));
  });
}

TEST(HttpServer, AnExceptionIsAnAnswer) {
  Server server;
  add_throwing(server);
  with_server(server, [&](const Running& running) {
    const std::string answer = get_raw(running, "/any");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 Internal Server Error"));
    EXPECT_THAT(answer, Not(HasSubstr("secret")));
    EXPECT_THAT(answer, Not(HasSubstr("seen")));
    EXPECT_THAT(get_raw(running, "/known"), HasSubstr("\r\n\r\nit is there already\n"));
    EXPECT_THAT(get_raw(running, "/late"), Not(EndsWith("0\r\n\r\n"))) << "it must not look whole";
    EXPECT_EQ(server.stats().handler_errors, 2u);
  });
}

TEST(HttpServer, MiddlewareGoesAroundHandlersAndAroundWhatIsNotThere) {
  Server server;
  std::vector<std::string> seen;
  server.use([&](const Request& req, Response& res, const Handler& next) {
    seen.push_back("outer");
    res.set_header("X-Outer", "1");
    next(req, res);
    seen.push_back("after " + std::to_string(res.status()));
  });
  server.use([&](const Request& req, Response& res, const Handler& next) {
    if (req.header("Authorization").empty()) return res.error(401, "who are you?");
    next(req, res);
  });
  server.handle("/", [](const Request&, Response& res) { res.text("in"); });
  with_server(server, [&](const Running& running) {
    const std::string answer = get_raw(running, "/");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 401 "));
    EXPECT_THAT(answer, HasSubstr("X-Outer: 1\r\n"));
    EXPECT_THAT(get_raw(running, "/", "Authorization: me\r\n"), EndsWith("\r\n\r\nin"));
    EXPECT_EQ(seen, (std::vector<std::string>{"outer", "after 401", "outer", "after 200"}));
  });
}

TEST(HttpServer, AnAnswerThatCannotBeWrittenIsMisuse) {
  Server server;
  std::vector<std::string> messages;
  server.handle("/", [&](const Request&, Response& res) {
    const auto misuse = [&](auto&& call) {
      try {
        call();
        messages.emplace_back("nothing was thrown");
      } catch (const usage_error& error) {
        messages.emplace_back(error.what());
      }
    };
    misuse([&] { res.set_header("X", "a\r\nSet-Cookie: b"); });
    misuse([&] { res.set_header("X y", "a"); });
    misuse([&] { res.set_header("Transfer-Encoding", "gzip"); });
    misuse([&] { res.status(99); });
    res.flush();
    misuse([&] { res.set_header("Too", "late"); });
  });
  with_server(server, [&](const Running& running) {
    get_raw(running, "/");
    EXPECT_EQ(messages.size(), 5u);
    for (const std::string& message : messages) EXPECT_THAT(message, StartsWith("weft::http::Response::")) << message;
  });
}

TEST(HttpServer, NoRedirectLeadsElsewhere) {
  Server server;
  with_server(server, [](const Running& running) {
    for (const char* target : {"/\\evil.example//x", "//evil.example/..//x", "/%5cevil.example//x"}) {
      const std::string answer = get_raw(running, target);
      EXPECT_THAT(answer, Not(HasSubstr("Location: //"))) << target;
      EXPECT_THAT(answer, Not(HasSubstr("Location: /\\"))) << target;
    }
  });
}

TEST(HttpServer, PatternsThatCannotBeAreMisuse) {
  Server server;
  const Handler handler = [](const Request&, Response&) {};
  server.handle("GET /a/{x}", handler);
  for (const char* pattern : {"a", "", "GET", "GET a", "G=T /", "/a{b}", "/{}", "/{a b}", "/{x...}/b", "/{$}/b",
                              "/{x}/{x}", "/%zz", "GET /a/{y}"}) {
    EXPECT_THROW(server.handle(pattern, handler), usage_error) << pattern;
  }
  EXPECT_THROW(server.handle("/ok", nullptr), usage_error);
  EXPECT_THROW(server.use(nullptr), usage_error);
}

}  // namespace
}  // namespace weft::http
