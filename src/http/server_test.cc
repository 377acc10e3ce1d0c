#include "weft/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "http/running_server.h"
#include "weft/net.h"
#include "weft/runtime.h"
#include "weft/sync.h"
#include "weft/time.h"

namespace weft::http {
namespace {

using namespace std::chrono_literals;
using net::TcpStream;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string read_to_end(TcpStream& stream) {
  std::string all;
  std::array<char, 4096> buffer;
  std::error_code ec;
  while (const std::size_t count = stream.read_some(buffer, ec)) all.append(buffer.data(), count);
  return all;
}

// Sends bytes that ask for the end of the connection, and returns all that comes.
std::string ask(const Running& server, std::string_view bytes) {
  TcpStream stream = TcpStream::connect(server.address());
  std::error_code ec;
  stream.write_all(std::as_bytes(std::span(bytes)), ec);
  return read_to_end(stream);
}

std::string get(const Running& server, const std::string& target, const std::string& fields = "") {
  return ask(server, "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + fields + "\r\n");
}

std::string body_of(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "no head: " + answer : answer.substr(end + 4);
}

// One answer with a Content-Length, and no more.
std::string read_answer(TcpStream& stream) {
  std::string answer;
  char byte;
  while (!answer.ends_with("\r\n\r\n")) {
    stream.read_full(std::as_writable_bytes(std::span(&byte, 1)));
    answer += byte;
  }
  const std::size_t at = answer.find("Content-Length: ");
  std::string body(at == std::string::npos ? 0 : std::stoul(answer.substr(at + 16)), '\0');
  stream.read_full(std::as_writable_bytes(std::span(body)));
  return answer + body;
}

template <class Test>
void with_server(Server& server, Test&& test) {
  run([&] {
    const Running running(server);
    test(running);
  });
}

TEST(HttpServer, AnswersWithTheHandlersText) {
  Server server;
  server.handle("GET /hello", [](const Request&, Response& res) { res.text("Hello, World!"); });
  with_server(server, [](const Running& running) {
    const std::string answer = get(running, "/hello");
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

TEST(HttpServer, WhatIsFlushedGoesInChunks) {
  Server server;
  auto go_on = make_chan<void>();
  server.handle("/", [&](const Request&, Response& res) {
    res.write("first");
    res.flush();
    go_on.recv();
    res.write("second");
  });
  with_server(server, [&](const Running& running) {
    TcpStream stream = TcpStream::connect(running.address());
    stream.write_all("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    std::string got;
    std::array<char, 1000> buffer;
    while (!got.ends_with("5\r\nfirst\r\n")) got.append(buffer.data(), stream.read_some(buffer));
    EXPECT_THAT(got, HasSubstr("Transfer-Encoding: chunked\r\n"));
    go_on.close();
    EXPECT_EQ(read_to_end(stream), "6\r\nsecond\r\n0\r\n\r\n");
  });
}

TEST(HttpServer, LargeBodiesOfAllKindsArriveWhole) {
  Server server;
  const std::string large(3'000'000, 'x');
  server.handle("/send", [&](const Request&, Response& res) { res.text(large); });
  server.handle("/write", [&](const Request&, Response& res) {
    res.set_header("Content-Length", std::to_string(large.size()));
    for (std::size_t at = 0; at < large.size(); at += 1000) res.write(std::string_view(large).substr(at, 1000));
  });
  server.handle("/echo", [&](const Request& req, Response& res) { res.text(req.body()); });
  server.handle("/count", [&](const Request& req, Response& res) {
    std::array<std::byte, 1000> buffer;
    std::size_t total = 0;
    while (const std::size_t count = req.read_body(buffer)) total += count;
    res.text(std::to_string(total));
  });
  with_server(server, [&](const Running& running) {
    EXPECT_EQ(body_of(get(running, "/send")), large);
    EXPECT_EQ(body_of(get(running, "/write")), large);
    const std::string length = "Content-Length: 3000000\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(body_of(ask(running, "POST /echo HTTP/1.1\r\nHost: x\r\n" + length + large)), large);
    EXPECT_EQ(body_of(ask(running, "POST /count HTTP/1.1\r\nHost: x\r\n" + length + large)), "3000000");
  });
}

std::string chunked(std::string_view body, std::size_t size) {
  std::string text;
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) {
    std::array<char, 20> line;
    std::snprintf(line.data(), line.size(), "%zx\r\n", std::min(size, body.size()));
    text += line.data() + std::string(body.substr(0, size)) + "\r\n";
  }
  return text + "0\r\nTrailer: is ignored\r\n\r\n";
}

TEST(HttpServer, ReadsChunkedBodiesAndWhatFollows) {
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

TEST(HttpServer, TellsAClientThatWaitsToContinueOnceTheBodyIsAskedFor) {
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

TEST(HttpServer, HeadHasTheLengthAndNoBody) {
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

TEST(HttpServer, NoContentHasNone) {
  Server server;
  server.handle("/", [](const Request&, Response& res) { res.status(204); });
  with_server(server, [](const Running& running) {
    const std::string answer = get(running, "/");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 204 No Content\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("Content-")));
  });
}

TEST(HttpServer, NamesWhatIsNotThere) {
  Server server;
  server.handle("GET /a", [](const Request&, Response&) {});
  server.handle("POST /a", [](const Request&, Response&) {});
  with_server(server, [](const Running& running) {
    EXPECT_THAT(get(running, "/b"), StartsWith("HTTP/1.1 404 Not Found"));
    const std::string answer = ask(running, "PUT /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 Method Not Allowed"));
    EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD, POST\r\n"));
    EXPECT_THAT(get(running, "//b/../a?q"), HasSubstr("Location: /a?q\r\n"));
    EXPECT_THAT(get(running, "/b/%2e%2e/a"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(get(running, "http://x/a"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(ask(running, "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
                StartsWith("HTTP/1.1 200 "));
  });
}

TEST(HttpServer, AnExceptionIsAnAnswer) {
  Server server;
  server.handle("/any", [](const Request&, Response& res) {
    res.write("not to be seen");
    throw std::runtime_error("secret");
  });
  server.handle("/known", [](const Request&, Response&) { throw HttpError(409, "it is there already"); });
  server.handle("/late", [](const Request&, Response& res) {
    res.write("half");
    res.flush();
    throw std::runtime_error("the rest is missing");
  });
  with_server(server, [&](const Running& running) {
    const std::string answer = get(running, "/any");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 Internal Server Error"));
    EXPECT_THAT(answer, Not(HasSubstr("secret")));
    EXPECT_THAT(answer, Not(HasSubstr("seen")));
    EXPECT_THAT(get(running, "/known"), HasSubstr("\r\n\r\nit is there already\n"));
    EXPECT_THAT(get(running, "/late"), Not(EndsWith("0\r\n\r\n"))) << "it must not look whole";
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
    const std::string answer = get(running, "/");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 401 "));
    EXPECT_THAT(answer, HasSubstr("X-Outer: 1\r\n"));
    EXPECT_THAT(get(running, "/", "Authorization: me\r\n"), EndsWith("\r\n\r\nin"));
    EXPECT_EQ(seen, (std::vector<std::string>{"outer", "after 401", "outer", "after 200"}));
  });
}

TEST(HttpServer, LimitsAreKept) {
  Server server(Limits{.max_header_bytes = 16 << 10, .max_body_bytes = 1000});
  server.handle("/", [](const Request& req, Response& res) { res.text(std::to_string(req.body().size())); });
  with_server(server, [&](const Running& running) {
    EXPECT_THAT(get(running, "/", "X: " + std::string(15'000, 'x') + "\r\n"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(get(running, "/", "X: " + std::string(17'000, 'x') + "\r\n"), StartsWith("HTTP/1.1 431 "));
    EXPECT_THAT(get(running, "/" + std::string(20'000, 'x')), StartsWith("HTTP/1.1 431 "));
    const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
    EXPECT_THAT(ask(running, post + "Content-Length: 1000\r\nConnection: close\r\n\r\n" + std::string(1000, 'x')),
                EndsWith("1000"));
    EXPECT_THAT(ask(running, post + "Content-Length: 1001\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(ask(running, post + "Transfer-Encoding: chunked\r\n\r\n" + chunked(std::string(2000, 'x'), 300)),
                StartsWith("HTTP/1.1 413 "));
    EXPECT_EQ(server.stats().bad_requests, 2u);
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
    get(running, "/");
    EXPECT_EQ(messages.size(), 5u);
    for (const std::string& message : messages) EXPECT_THAT(message, StartsWith("weft::http::Response::")) << message;
  });
}

TEST(HttpServer, AHeaderOrABodyThatDoesNotComeIsTimedOut) {
  Server server(Limits{.read_header_timeout = 2ms, .read_body_timeout = 2ms});
  server.handle("/", [](const Request& req, Response& res) { res.text(req.body()); });
  with_server(server, [](const Running& running) {
    EXPECT_THAT(ask(running, "GET / HT"), StartsWith("HTTP/1.1 408 "));
    EXPECT_THAT(ask(running, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc"),
                StartsWith("HTTP/1.1 408 "));
  });
}

TEST(HttpServer, AnIdleConnectionEndsWithoutAWord) {
  Server server(Limits{.idle_timeout = 2ms});
  with_server(server, [](const Running& running) { EXPECT_EQ(ask(running, ""), ""); });
}

TEST(HttpServer, AClientThatDoesNotReadIsTimedOut) {
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
    EXPECT_EQ(server.stats().handler_errors, 0u) << "that is the client's fault";
  });
}

TEST(HttpServer, TheContextIsDoneOnceTheClientHasLeft) {
  Server server;
  auto waiting = make_chan<void>(), done = make_chan<void>();
  server.handle("/", [&](const Request& req, Response&) {
    const Context context = req.context();
    waiting.send();
    context.done().recv();
    EXPECT_EQ(context.error(), errc::cancelled);
    done.send();
  });
  with_server(server, [&](const Running& running) {
    TcpStream stream = TcpStream::connect(running.address());
    stream.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    waiting.recv();
    stream.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");  // another request is no end
    stream.close();
    done.recv();
    waiting.recv();  // the second one finds at once that nobody waits for it
    done.recv();
  });
}

TEST(HttpServer, ShutdownLetsRequestsEndAndClosesIdleConnections) {
  Server server;
  auto started = make_chan<void>(), go_on = make_chan<void>();
  server.handle("/slow", [&](const Request&, Response& res) {
    started.send();
    go_on.recv();
    res.text("done");
  });
  server.handle("/", [](const Request&, Response& res) { res.text("x"); });
  run([&] {
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    const std::string address = listener.local_endpoint().to_string();
    auto serving = spawn([&] { server.serve(std::move(listener)); });
    TcpStream slow = TcpStream::connect(address), idle = TcpStream::connect(address);
    idle.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    read_answer(idle);
    slow.write_all("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    started.recv();
    auto stopping = spawn([&] { server.shutdown(); });
    EXPECT_EQ(read_to_end(idle), "");
    std::error_code refused;
    while (!refused) TcpStream::connect(address, {}, refused);
    go_on.close();
    const std::string answer = read_to_end(slow);
    EXPECT_THAT(answer, EndsWith("done"));
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
    stopping.join();
    serving.join();
    EXPECT_EQ(server.stats().connections, 0u);
  });
}

TEST(HttpServer, WhoWasLetInIsAnsweredAtShutdown) {
  Server server;
  server.handle("/", [](const Request&, Response& res) { res.text("x"); });
  run([&] {
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    const std::string address = listener.local_endpoint().to_string();
    auto serving = spawn([&] { server.serve(std::move(listener)); });
    TcpStream stream = TcpStream::connect(address);
    while (server.stats().connections != 1) yield();
    auto stopping = spawn([&] { server.shutdown(); });
    std::error_code refused;
    while (!refused) TcpStream::connect(address, {}, refused);
    stream.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string answer = read_to_end(stream);
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nx"));
    stopping.join();
    serving.join();
  });
}

TEST(HttpServer, ShutdownGivesUpWithItsContext) {
  Server server;
  auto started = make_chan<void>();
  server.handle("/", [&](const Request& req, Response&) {
    started.send();
    req.context().done().recv();
  });
  run([&] {
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    const std::string address = listener.local_endpoint().to_string();
    auto serving = spawn([&] { server.serve(std::move(listener)); });
    TcpStream stream = TcpStream::connect(address);
    stream.write_all("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    started.recv();
    std::error_code ec;
    server.shutdown(with_timeout({}, 1ms), ec);
    EXPECT_EQ(ec, errc::deadline_exceeded);
    server.close();  // the request's context is done
    serving.join();
  });
}

TEST(HttpServer, NoMoreConnectionsThanAllowed) {
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

// What was buffered behind the head may be more than a chunk's head or a trailer ever is.
TEST(HttpServer, AChunkThatNeverBeginsAndATrailerThatNeverEndsAreRefused) {
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
    EXPECT_THAT(get(running, "/"), StartsWith("HTTP/1.1 200 "));
  });
}

TEST(HttpServer, LimitsOfReadingAreNoneOfTheHandler) {
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

TEST(HttpServer, ReadingABodyTwiceGivesItOnce) {
  Server server;
  server.handle("/", [](const Request& req, Response& res) {
    const std::string_view first = req.body();
    std::array<std::byte, 10> buffer;
    EXPECT_EQ(req.read_body(buffer), 0u);
    EXPECT_EQ(req.body().data(), first.data());
    res.text(first);
  });
  with_server(server, [](const Running& running) {
    const std::string post = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    EXPECT_THAT(ask(running, post + "Content-Length: 4\r\n\r\nbody"), EndsWith("\r\n\r\nbody"));
    EXPECT_THAT(ask(running, post + "Transfer-Encoding: chunked\r\n\r\n" + chunked("body", 3)),
                EndsWith("\r\n\r\nbody"));
  });
}

TEST(HttpServer, NobodyIsToldToContinueInTheMiddleOfAnAnswer) {
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

TEST(HttpServer, NoRedirectLeadsElsewhere) {
  Server server;
  with_server(server, [](const Running& running) {
    for (const char* target : {"/\\evil.example//x", "//evil.example/..//x", "/%5cevil.example//x"}) {
      const std::string answer = get(running, target);
      EXPECT_THAT(answer, Not(HasSubstr("Location: //"))) << target;
      EXPECT_THAT(answer, Not(HasSubstr("Location: /\\"))) << target;
    }
  });
}

TEST(HttpServer, AnAnswerThatOnlyTheEndEndsIsResetWhenItBreaksOff) {
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

TEST(HttpServer, CloseEndsThoseWhoComeInThatMoment) {
  run([] {
    for (int i = 0; i < 20; ++i) {
      Server server;  // idle_timeout is two minutes: the test would hang
      auto listener = net::TcpListener::listen("127.0.0.1:0");
      const std::string address = listener.local_endpoint().to_string();
      std::vector<TcpStream> silent;
      for (int k = 0; k < 20; ++k) silent.push_back(TcpStream::connect(address));
      auto serving = spawn([&] { server.serve(std::move(listener)); });
      if (i % 2 == 0) yield();
      server.close();
      serving.join();
    }
  });
}

TEST(HttpServer, AShutdownBeforeServeEndsItSoon) {
  Server server;
  run([&] {
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    TcpStream silent = TcpStream::connect(listener.local_endpoint().to_string());
    server.shutdown();
    server.serve(std::move(listener));  // the last call is a second, idle_timeout two minutes
  });
}

TEST(HttpServer, AListenerThatIsNoneIsMisuseAndHoldsUpNobody) {
  run([] {
    Server server;
    EXPECT_THROW(server.serve(net::TcpListener()), usage_error);
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
