// The contract of http.h as a user meets it: a server, what handlers are asked and answer, a client, on both sides.
#include "weft/http.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "conformance.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/error.h"
#include "weft/net.h"

namespace {

using namespace std::chrono_literals;
using weft::http::Request;
using weft::http::Response;
using weft::http::Server;

static_assert(!std::is_copy_constructible_v<Server> && !std::is_copy_constructible_v<weft::http::Client>);
static_assert(std::is_nothrow_move_constructible_v<weft::http::ClientStream>);
static_assert(std::is_base_of_v<std::runtime_error, weft::http::HttpError>);

class ApiHttpConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ApiHttpConformance);

// A server at work for as long as this lives; then it is shut down.
class Serving {
 public:
  Serving(conformance::Side side, Server& server) : server_(server), crew_(side) {
    auto listener = std::make_shared<weft::net::TcpListener>(weft::net::TcpListener::listen("127.0.0.1:0"));
    url_ = "http://" + listener->local_endpoint().to_string();
    crew_.go([this, listener] { server_.serve(std::move(*listener)); });
  }
  ~Serving() { server_.shutdown(); }
  std::string operator/(std::string_view path) const { return url_ + "/" + std::string(path); }

 private:
  Server& server_;
  std::string url_;
  conformance::Crew crew_;
};

TEST_P(ApiHttpConformance, HandlersAreAskedAndAnswer) {
  perform([] {
    Server srv{{.read_header_timeout = 5s, .max_body_bytes = 1 << 20, .max_header_bytes = 64 << 10}};
    srv.handle("GET /items/{id}", [](const Request& req, Response& res) {
      res.json({{"id", req.path_value("id")}, {"q", req.query("q")}, {"none", req.query("none")}});
    });
    srv.handle("POST /echo", [owned = std::make_shared<int>(1)](const Request& req, Response& res) {
      EXPECT_FALSE(req.context().error());
      EXPECT_TRUE(req.has_query("flag") && !req.has_query("x") && req.version() == 11);
      EXPECT_EQ(req.header("content-TYPE"), "text/x");
      EXPECT_EQ(req.method(), "POST");
      EXPECT_EQ(req.target(), "/echo?flag");
      EXPECT_EQ(req.path(), "/echo");
      EXPECT_EQ(req.pattern(), "POST /echo");
      EXPECT_GE(req.headers().size(), 2U);
      EXPECT_EQ(req.remote_endpoint().address(), "127.0.0.1");
      res.status(201).set_header("X-A", "1").add_header("X-A", "2");
      std::error_code ec = weft::errc::closed;
      res.text(req.body(ec));
      EXPECT_FALSE(ec);
    });
    const Serving serving(side(), srv);
    const auto item = weft::http::get(serving / "items/a%20b?q=c+d", weft::Context());
    EXPECT_EQ(item.status, 200);
    EXPECT_EQ(item.body, R"({"id":"a b","q":"c d","none":""})");
    EXPECT_EQ(item.header("content-type"), "application/json");
    const auto echo = weft::http::post(serving / "echo?flag", "text/x", "body");
    EXPECT_EQ(echo.status, 201);
    EXPECT_EQ(echo.header("x-a"), "1");
    EXPECT_EQ(echo.body, "body");
    EXPECT_EQ(weft::http::get(serving / "echo").status, 405);
    EXPECT_EQ(weft::http::get(serving / "nothing").status, 404);
  });
}

TEST_P(ApiHttpConformance, AnswersOfEveryKind) {
  perform([] {
    Server srv;
    srv.handle("/html", [](const Request&, Response& res) { res.html("<p>"); });
    srv.handle("/vector", [](const Request&, Response& res) { res.json(std::vector<int>{1, 2}); });
    srv.handle("/value", [](const Request&, Response& res) { res.json(boost::json::value(nullptr)); });
    srv.handle("/made", [](const Request&, Response& res) { res.json(std::string("[]")); });
    srv.handle("/sent", [](const Request&, Response& res) { res.send("a/b", "c"); });
    srv.handle("/gone", [](const Request&, Response& res) { res.error(410, "gone"); });
    srv.handle("/moved", [](const Request&, Response& res) { res.redirect("/html", 301); });
    srv.handle("/thrown", [](const Request&, Response&) { throw weft::http::HttpError(418, "a teapot"); });
    srv.handle("/empty", [](const Request&, Response&) {});
    srv.handle("/pieces", [](const Request&, Response& res) {
      std::error_code ec = weft::errc::closed;
      res.write("a");
      EXPECT_FALSE(res.header_sent());
      res.flush();
      EXPECT_TRUE(res.header_sent());
      res.write("b", ec);
      res.flush(ec);
      EXPECT_FALSE(ec);
      EXPECT_THROW(res.status(404), weft::usage_error);
    });
    srv.handle("/misuse", [](const Request&, Response& res) {
      EXPECT_THROW(res.status(99), weft::usage_error);
      EXPECT_THROW(res.set_header("a b", "c"), weft::usage_error);
      EXPECT_THROW(res.set_header("a", "b\r\nc: d"), weft::usage_error);
      EXPECT_EQ(res.status(), 200);
    });
    const Serving serving(side(), srv);
    const auto answer = [&](std::string_view path) {
      const auto got = weft::http::get(serving / path);
      return std::to_string(got.status) + " " + std::string(got.header("Content-Type")) + " " + got.body;
    };
    EXPECT_EQ(answer("html"), "200 text/html; charset=utf-8 <p>");
    EXPECT_EQ(answer("vector"), "200 application/json [1,2]");
    EXPECT_EQ(answer("value"), "200 application/json null");
    EXPECT_EQ(answer("made"), "200 application/json []");
    EXPECT_EQ(answer("sent"), "200 a/b c");
    EXPECT_EQ(answer("gone"), "410 text/plain; charset=utf-8 gone\n");
    EXPECT_EQ(answer("moved"), "200 text/html; charset=utf-8 <p>") << "it is followed";
    EXPECT_EQ(answer("thrown"), "418 text/plain; charset=utf-8 a teapot\n");
    EXPECT_EQ(answer("empty"), "200  ");
    EXPECT_EQ(answer("pieces"), "200 text/plain; charset=utf-8 ab");
    EXPECT_EQ(answer("misuse"), "200  ");
  });
}

TEST_P(ApiHttpConformance, MiddlewareAndHandlersOfEveryKind) {
  perform([] {
    Server srv;
    auto steps = weft::make_chan<char>(100);
    srv.use([&](const Request& req, Response& res, const weft::http::Handler& next) {
      steps.send('a');
      const std::shared_ptr<void> at_the_end(nullptr, [&](void*) { steps.send('z'); });  // a 404 is an exception
      next(req, res);
    });
    srv.use([&](const Request& req, Response& res, const auto& next) {
      steps.send('b');
      if (req.path() == "/closed") return res.error(403, "no");
      next(req, res);
    });
    const weft::http::Handler function = [&](const Request&, Response&) { steps.send('h'); };
    srv.handle("/function", function);
    srv.handle("/generic", [&](const auto&, auto&) { steps.send('g'); });
    srv.handle("/closed", function);
    EXPECT_THROW(srv.handle("/closed", function), weft::usage_error);
    EXPECT_THROW(srv.handle("no pattern {", function), weft::usage_error);
    EXPECT_THROW(srv.handle("/none", weft::http::Handler()), weft::usage_error);
    const Serving serving(side(), srv);
    EXPECT_EQ(weft::http::get(serving / "function").status, 200);
    EXPECT_EQ(weft::http::get(serving / "generic").status, 200);
    EXPECT_EQ(weft::http::get(serving / "closed").status, 403);
    EXPECT_EQ(weft::http::get(serving / "nothing").status, 404) << "around what answers where there is none, too";
    conformance::until([&] { return srv.stats().requests == 4; });
    steps.close();
    std::string order;
    for (const char step : steps) order += step;
    EXPECT_EQ(order, "abhzabgzabzabz");
    EXPECT_THROW(srv.handle("/late", function), weft::usage_error);
  });
}

TEST_P(ApiHttpConformance, ClientsInEveryForm) {
  perform([] {
    Server srv;
    srv.handle("/", [](const Request& req, Response& res) {
      res.text(std::string(req.method()) + " " + std::string(req.header("x")) + std::string(req.body()));
    });
    const std::optional<Serving> serving(std::in_place, side(), srv);
    const std::string url = *serving / "";
    weft::http::Client client{{.timeout = 30s, .user_agent = "contract"}};
    std::error_code ec = weft::errc::closed;
    const weft::Context ctx;
    EXPECT_EQ(weft::http::get(url, ctx, ec).body + client.get(url).body + client.get(url, ctx, ec).body,
              "GET GET GET ");
    EXPECT_EQ(weft::http::post(url, "a/b", "1", ctx, ec).body + client.post(url, "a/b", "2", ctx).body, "POST 1POST 2");
    EXPECT_EQ(client.send({.method = "PUT", .url = url, .headers = {{"X", "y"}}, .body = "z"}, ctx, ec).body, "PUT yz");
    EXPECT_FALSE(ec) << "it is cleared";
    int pieces = 0;
    const weft::http::BodySource source = [&](std::span<std::byte> into) -> std::size_t {
      if (pieces == 2) return 0;
      into[0] = static_cast<std::byte>('0' + ++pieces);
      return 1;
    };
    weft::http::ClientStream stream = client.open({.method = "POST", .url = url, .body_source = source}, ctx, ec);
    EXPECT_EQ(stream.status(), 200);
    std::string text;
    std::array<char, 3> buffer;
    while (const std::size_t count = stream.read_body(buffer)) text.append(buffer.data(), count);
    EXPECT_EQ(text, "POST 12");
    EXPECT_THROW(weft::http::ClientStream().read_body(buffer), weft::usage_error);
    client.get("no url", ctx, ec);
    EXPECT_EQ(ec, std::errc::invalid_argument);
    client.get(url, weft::with_timeout(ctx, -1s), ec);
    EXPECT_EQ(ec, weft::errc::deadline_exceeded);
    EXPECT_THROW(client.get("ftp://x/"), std::system_error);
    client.close_idle();
  });
}

TEST_P(ApiHttpConformance, ShutdownEndsServeAndWhatIsIdle) {
  perform([] {
    Server srv;
    auto entered = weft::make_chan<void>();
    auto leave = weft::make_chan<void>();
    srv.handle("/", [&](const Request&, Response& res) {
      entered.send();
      leave.recv();
      res.text("whole");
    });
    weft::http::debug(srv);
    std::optional<Serving> serving(std::in_place, side(), srv);
    EXPECT_EQ(weft::http::get(*serving / "healthz").status + weft::http::get(*serving / "readyz").status, 400);
    EXPECT_EQ(weft::http::get(*serving / "metrics").status, 200);
    conformance::Crew clients(side());
    clients.go([url = *serving / ""] {
      const auto answer = weft::http::get(url);
      EXPECT_EQ(answer.body, "whole");
      EXPECT_EQ(answer.header("Connection"), "close");
    });
    entered.recv();
    std::error_code ec;
    srv.shutdown(weft::with_timeout(weft::Context(), 5ms), ec);
    EXPECT_EQ(ec, weft::errc::deadline_exceeded) << "one is still under way";
    leave.close();
    srv.shutdown(weft::Context(), ec);
    EXPECT_FALSE(ec);
    clients.join();
    serving.reset();
    weft::http::get("http://127.0.0.1:1/", weft::Context(), ec);
    EXPECT_TRUE(ec);
  });
}

TEST_P(ApiHttpConformance, CloseEndsWhatRuns) {
  perform([] {
    Server srv;
    auto entered = weft::make_chan<void>();
    srv.handle("/", [&](const Request& req, Response&) {
      const weft::Context ctx = req.context();
      entered.send();
      ctx.done().recv();
    });
    const Serving serving(side(), srv);
    conformance::Crew clients(side());
    clients.go([url = serving / ""] {
      std::error_code ec;
      weft::http::get(url, weft::Context(), ec);
      EXPECT_TRUE(ec);
    });
    entered.recv();
    srv.close();
    clients.join();
    std::error_code ec;
    srv.listen_and_serve("no address", ec);
    EXPECT_TRUE(ec);
  });
}

}  // namespace
