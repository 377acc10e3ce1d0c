// Over HTTP/2 a handler sees what it sees over HTTP/1.1, and its answer arrives as it does there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "http/h2_test_client.h"
#include "http/multiplexer.h"
#include "http/running_server.h"
#include "http/test_handlers.h"
#include "weft/chan.h"
#include "weft/http/server.h"
#include "weft/runtime.h"

namespace weft::http {
namespace {

using ::testing::HasSubstr;

TEST(H2, AnswersWithTheHandlersText) {
  Server server;
  server.handle("GET /hello", [](const Request&, Response& res) {
    res.set_header("X-Mixed-Case", " padded ").set_header("Connection", "keep-alive").text("Hello, World!");
  });
  with_server(server, [](const Running& running) {
    H2Client client(running.address());
    const H2Answer& answer = client.get("/hello");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "Hello, World!");
    EXPECT_EQ(answer.field("content-length"), "13");
    EXPECT_EQ(answer.field("content-type"), "text/plain; charset=utf-8");
    EXPECT_THAT(answer.field("date"), HasSubstr(" GMT"));
    EXPECT_EQ(answer.field("x-mixed-case"), "padded");
    EXPECT_EQ(answer.field("connection"), "none");
    EXPECT_TRUE(answer.is_whole);
    EXPECT_FALSE(answer.reset.has_value());
  });
}

TEST(H2, ALargeHeadArrivesAndOneThatIsTooLargeIsReset) {
  Server server;
  server.handle("/{count}", [](const Request& req, Response& res) {
    for (int i = std::stoi(std::string(req.path_value("count"))); i > 0; --i)
      res.add_header("X-Large", std::string(10'000, 'x'));
    res.text("x");
  });
  with_server(server, [&](const Running& running) {
    H2Client client(running.address());
    const H2Answer& large = client.get("/12");
    EXPECT_EQ(large.body, "x");
    EXPECT_EQ(
        std::count_if(large.fields.begin(), large.fields.end(), [](const auto& f) { return f.first == "x-large"; }),
        12);
    EXPECT_EQ(client.get("/200").reset, NGHTTP2_INTERNAL_ERROR);
    EXPECT_EQ(client.get("/0").body, "x") << "the others on the connection do not mind";
    while (server.stats().idle != 1) yield();
  });
}

TEST(H2, HandlersSeeTheRequest) {
  Server server;
  server.handle("PUT /items/{id}/{rest...}", [](const Request& req, Response& res) {
    res.json({{"method", std::string(req.method())},
              {"id", std::string(req.path_value("id"))},
              {"rest", std::string(req.path_value("rest"))},
              {"q", std::string(req.query("q"))},
              {"has", req.has_query("flag")},
              {"x", std::string(req.header("X-FIELD"))},
              {"host", std::string(req.header("host"))},
              {"cookie", std::string(req.header("Cookie"))},
              {"cookies", std::count_if(req.headers().begin(), req.headers().end(),
                                        [](const HeaderField& field) { return field.name == "cookie"; })},
              {"te", std::string(req.header("trailer-field"))},
              {"target", std::string(req.target())},
              {"pattern", std::string(req.pattern())},
              {"version", req.version()},
              {"body", std::string(req.body())}});
  });
  with_server(server, [](const Running& running) {
    H2Client client(running.address());
    const H2Answer& answer = client.ask({.method = "PUT",
                                         .path = "/items/a%20b/c/d?x=1&q=a+b%26&flag",
                                         .fields = {{"x-field", "v"}, {"cookie", "a=1"}, {"cookie", "b=2"}},
                                         .body = "xyz",
                                         .authority = "h:80"});
    EXPECT_EQ(answer.body, R"({"method":"PUT","id":"a b","rest":"c/d","q":"a b&","has":true,"x":"v","host":"h:80",)"
                           R"("cookie":"a=1; b=2","cookies":1,"te":"","target":"/items/a%20b/c/d?x=1&q=a+b%26&flag",)"
                           R"("pattern":"PUT /items/{id}/{rest...}","version":20,"body":"xyz"})");
  });
}

TEST(H2, AuthorityAndHostAreOneThingAndAName) {
  Server server;
  server.handle("/", [](const Request& req, Response& res) { res.text(req.header("Host")); });
  with_server(server, [&](const Running& running) {
    H2Client client(running.address());
    EXPECT_EQ(client.ask({.authority = "[::1]:8080"}).body, "[::1]:8080");
    EXPECT_EQ(client.ask({.fields = {{"host", "only.host"}}, .authority = ""}).body, "only.host");
    EXPECT_EQ(client.ask({.fields = {{"host", "Same"}}, .authority = "same"}).body, "same");
    EXPECT_EQ(client.ask({.fields = {{"host", "other"}}}).status, 400);
    EXPECT_EQ(client.ask({.fields = {{"host", "a"}, {"host", "a"}}, .authority = ""}).reset, NGHTTP2_PROTOCOL_ERROR);
    EXPECT_EQ(client.ask({.authority = ""}).reset, NGHTTP2_PROTOCOL_ERROR);
    EXPECT_EQ(client.ask({.authority = "user@host"}).status, 400);
    EXPECT_EQ(server.stats().bad_requests, 4u);
    EXPECT_EQ(client.get("/").status, 200) << "the others on the connection do not mind";
  });
}

TEST(H2, NamesWhatIsNotThere) {
  Server server;
  server.handle("GET /a", [](const Request&, Response&) {});
  server.handle("POST /a", [](const Request&, Response&) {});
  with_server(server, [](const Running& running) {
    H2Client client(running.address());
    EXPECT_EQ(client.get("/b").status, 404);
    H2Answer& answer = client.ask({.method = "PUT", .path = "/a"});
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.field("allow"), "GET, HEAD, POST");
    EXPECT_EQ(client.get("//b/../a?q").field("location"), "/a?q");
    EXPECT_EQ(client.get("/b/%2e%2e/a").status, 400);
    EXPECT_EQ(client.get("/%zz").status, 400);
    EXPECT_EQ(client.ask({.method = "OPTIONS", .path = "*"}).status, 200);
    EXPECT_EQ(client.get("/a").status, 200) << "a target that is none is no reason to end the connection";
  });
}

TEST(H2, AnExceptionIsAnAnswerAndHalfAnAnswerIsReset) {
  Server server;
  add_throwing(server);
  server.handle("/less", [](const Request&, Response& res) { res.set_header("Content-Length", "10").text("abc"); });
  with_server(server, [&](const Running& running) {
    H2Client client(running.address());
    EXPECT_EQ(client.get("/any").status, 500);
    EXPECT_EQ(client.get("/known").body, "it is there already\n");
    const H2Answer& late = client.get("/late");
    EXPECT_FALSE(late.is_whole);
    EXPECT_EQ(late.reset, NGHTTP2_INTERNAL_ERROR);
    EXPECT_EQ(client.get("/less").status, 500);
    EXPECT_EQ(server.stats().handler_errors, 3u);
  });
}

TEST(H2, HasNoConnectionToGive) {
  Server server;
  server.handle("/", [](const Request&, Response& res) { HijackedStream stream = res.hijack(); });
  with_server(server, [](const Running& running) {
    H2Client client(running.address());
    EXPECT_EQ(client.get("/").status, 501);
    EXPECT_EQ(client.get("/").status, 501) << "the connection goes on";
  });
}

TEST(H2, MiddlewareGoesAroundHandlersAndAroundWhatIsNotThere) {
  Server server;
  server.use([&](const Request& req, Response& res, const Handler& next) {
    res.set_header("X-Outer", "1");
    if (req.header("Authorization").empty()) return res.error(401, "who are you?");
    next(req, res);
  });
  with_server(server, [](const Running& running) {
    H2Client client(running.address());
    EXPECT_EQ(client.get("/").status, 401);
    const H2Answer& answer = client.ask({.fields = {{"authorization", "me"}}});
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.field("x-outer"), "1");
  });
}

TEST(H2, ManyStreamsAtOnceAreAnsweredEachAsItIsReady) {
  Server server;
  auto go_on = make_chan<void>();
  server.handle("/wait", [&](const Request&, Response& res) {
    go_on.recv();
    res.text("waited");
  });
  server.handle("/{n}", [](const Request& req, Response& res) { res.text(req.path_value("n")); });
  with_server(server, [&](const Running& running) {
    H2Client client(running.address());
    const std::int32_t waiting = client.start({.path = "/wait"});
    std::vector<std::int32_t> ids;
    for (int i = 0; i < 200; ++i) ids.push_back(client.start({.path = "/" + std::to_string(i)}));
    for (int i = 0; i < 200; ++i) EXPECT_EQ(client.wait(ids[static_cast<std::size_t>(i)]).body, std::to_string(i));
    EXPECT_FALSE(client.answer(waiting).has_ended);
    go_on.close();
    EXPECT_EQ(client.wait(waiting).body, "waited");
    while (server.stats().idle != 1) yield();
    EXPECT_EQ(server.stats().requests, 201u);
    EXPECT_EQ(server.stats().active, 0u);
  });
}

TEST(H2, TheContextIsDoneOnceTheStreamIsResetOrTheClientHasLeft) {
  Server server;
  const ContextHandler handler;
  server.handle("/", handler);
  server.handle("/other", [](const Request& req, Response& res) {
    EXPECT_FALSE(req.context().error());
    res.text("x");
  });
  with_server(server, [&](const Running& running) {
    H2Client client(running.address());
    const std::int32_t id = client.start({});
    handler.waiting.recv();
    client.reset(id);
    handler.done.recv();
    EXPECT_EQ(client.get("/other").body, "x") << "the others go on";
    client.start({});
    handler.waiting.recv();
    client.close();
    handler.done.recv();
    while (server.stats().connections != 0) yield();
  });
}

TEST(H2, WhoWritesToAStreamThatIsResetIsTold) {
  Server server;
  auto failed = make_chan<std::error_code>(1);
  server.handle("/", [&](const Request&, Response& res) {
    try {
      while (true) res.write(std::string(100'000, 'x'));
    } catch (const std::system_error& error) {
      failed.send(error.code());
      throw;
    }
  });
  with_server(server, [&](const Running& running) {
    H2Client client(running.address(), {.opens_windows = false});
    const std::int32_t id = client.start({});
    ASSERT_TRUE(client.run_until([&] { return client.answer(id).body.size() == 65535; }));
    client.reset(id);
    EXPECT_EQ(failed.recv(), errc::closed);
    while (server.stats().active != 0) yield();
    EXPECT_EQ(server.stats().handler_errors, 0u);
  });
}

TEST(H2, AnIdleConnectionHoldsNoGoroutineAlsoWhileAHandlerRuns) {
  Server server;
  server.handle("/", [](const Request&, Response& res) { res.text("x"); });
  auto go_on = make_chan<void>();
  server.handle("/wait", [&](const Request&, Response&) { go_on.recv(); });
  with_server(server, [&](const Running& running) {
    std::vector<std::unique_ptr<H2Client>> clients;
    for (int i = 0; i < 30; ++i) {
      clients.push_back(std::make_unique<H2Client>(running.address()));
      EXPECT_EQ(clients.back()->get("/").body, "x");
    }
    while (server.stats().idle != 30) yield();
    while (num_goroutines() > 3) yield();  // main, the acceptor, perhaps one that is at its end
    const std::int32_t id = clients[0]->start({.path = "/wait"});
    while (server.stats().active != 1) yield();
    EXPECT_EQ(server.stats().idle, 29u);
    while (num_goroutines() > 4) yield();  // and the handler
    go_on.close();
    EXPECT_EQ(clients[0]->wait(id).status, 200);
  });
}

TEST(H2, WithoutStreamsItIsTurnedOff) {
  Server server(Limits{.max_concurrent_streams = 0});
  server.handle("/", [](const Request&, Response& res) { res.text("x"); });
  with_server(server, [&](const Running& running) {
    EXPECT_THAT(ask(running, std::string(kHttp2Preface)), ::testing::StartsWith("HTTP/1.1 505 "));
    EXPECT_EQ(body_of(get_raw(running, "/")), "x");
  });
}

TEST(H2, AConnectionThatBeginsLikeItMayBeHttp1) {
  Server server;
  server.handle("/", [](const Request& req, Response& res) { res.text(req.method()); });
  with_server(server, [](const Running& running) {
    net::TcpStream stream = net::TcpStream::connect(running.address());
    for (const char byte : std::string("PR")) stream.write_all(std::string_view(&byte, 1));
    stream.write_all("OPFIND / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(body_of(read_to_end(stream)), "PROPFIND");
  });
}

}  // namespace
}  // namespace weft::http
