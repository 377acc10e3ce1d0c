// Cookies and forms: what clients send back.
#include "weft/http/cookie.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "http/running_server.h"

namespace weft::http {
namespace {

using ::testing::HasSubstr;

std::string set_cookie_line(const Cookie& cookie) {
  std::string line;
  Server server;
  server.handle("/", [&](const Request&, Response& res) { res.set_cookie(cookie); });
  with_server(server, [&](const Running& running) {
    const std::string answer = get_raw(running, "/");
    const std::size_t at = answer.find("Set-Cookie: ");
    if (at != std::string::npos) line = answer.substr(at + 12, answer.find('\r', at) - at - 12);
  });
  return line;
}

TEST(HttpCookie, IsTheSafestOneByDefault) {
  EXPECT_EQ(set_cookie_line({.name = "id", .value = "7"}), "id=7; Path=/; HttpOnly; SameSite=Lax");
  EXPECT_EQ(set_cookie_line({.name = "id",
                             .value = "",
                             .path = "/a",
                             .domain = "example.org",
                             .max_age = std::chrono::hours(1),
                             .secure = true,
                             .http_only = false,
                             .same_site = SameSite::kNone}),
            "id=; Path=/a; Domain=example.org; Max-Age=3600; Secure; SameSite=None");
  EXPECT_EQ(set_cookie_line({.name = "id",
                             .value = "x",
                             .path = "",
                             .max_age = std::chrono::seconds(-1),
                             .same_site = SameSite::kStrict}),
            "id=x; Max-Age=0; HttpOnly; SameSite=Strict");
}

TEST(HttpCookie, ThatWouldBeAnotherIsAMistake) {
  Server server;
  server.handle("/", [&](const Request&, Response& res) {
    EXPECT_THROW(res.set_cookie({.name = "a b", .value = ""}), usage_error);
    EXPECT_THROW(res.set_cookie({.name = "", .value = ""}), usage_error);
    EXPECT_THROW(res.set_cookie({.name = "a", .value = "1; Domain=evil"}), usage_error);
    EXPECT_THROW(res.set_cookie({.name = "a", .value = "\r\nX: y"}), usage_error);
    EXPECT_THROW(res.set_cookie({.name = "a", .value = "b", .path = "/; Secure"}), usage_error);
    EXPECT_THROW(res.set_cookie({.name = "a", .value = "b", .domain = "x\r\ny"}), usage_error);
    EXPECT_THROW(res.set_cookie({.name = "a", .value = "b", .same_site = SameSite::kNone}), usage_error);
    res.set_cookie({.name = "a", .value = "1"}).set_cookie({.name = "b", .value = "2"}).text("all");
  });
  with_server(server, [&](const Running& running) {
    const std::string answer = get_raw(running, "/");
    EXPECT_THAT(answer, HasSubstr("Set-Cookie: a=1;"));
    EXPECT_THAT(answer, HasSubstr("Set-Cookie: b=2;"));
  });
}

TEST(HttpCookie, ComesBack) {
  Server server;
  server.handle("/{name}", [&](const Request& req, Response& res) {
    res.text("[" + std::string(req.cookie(req.path_value("name"))) + "]");
  });
  with_server(server, [&](const Running& running) {
    const auto cookie = [&](const std::string& name, const std::string& fields) {
      return body_of(get_raw(running, "/" + name, fields));
    };
    EXPECT_EQ(cookie("b", "Cookie: a=1; b=2; b=3\r\n"), "[2]");
    EXPECT_EQ(cookie("B", "Cookie: a=1; b=2\r\n"), "[]");
    EXPECT_EQ(cookie("b", "Cookie: a=1\r\ncookie:  b = \"2\" ;\r\n"), "[2]");
    EXPECT_EQ(cookie("b", "Cookie: a=b=2;;b;bb=1;b=x=y\r\n"), "[x=y]");
    EXPECT_EQ(cookie("b", "Cookie: ;\r\n"), "[]");
    EXPECT_EQ(cookie("b", ""), "[]");
  });
}

TEST(HttpForm, IsReadFromTheBody) {
  Server server;
  server.handle("POST /{name}", [&](const Request& req, Response& res) {
    res.text("[" + std::string(req.form(req.path_value("name"))) + "]");
  });
  with_server(server, [&](const Running& running) {
    const auto form = [&](const std::string& name, const std::string& type, const std::string& body) {
      return body_of(ask(running, "POST /" + name + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: " +
                                      type + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
    };
    const std::string type = "application/x-www-form-urlencoded";
    EXPECT_EQ(form("b", type, "a=1&b=two+words%21&b=3"), "[two words!]");
    EXPECT_EQ(form("b", "Application/X-WWW-Form-Urlencoded ; charset=utf-8", "b=2"), "[2]");
    EXPECT_EQ(form("c", type, "a=1&b=2"), "[]");
    EXPECT_EQ(form("b", "text/plain", "b=2"), "[]");
    EXPECT_EQ(form("b", type, "b=%zz"), "Bad Request\n");
  });
}

}  // namespace
}  // namespace weft::http
