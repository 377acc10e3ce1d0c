#include "http/router.h"

#include <gtest/gtest.h>

#include "weft/error.h"

namespace weft::http {
namespace {

class RouterTest : public ::testing::Test {
 protected:
  void add(std::string_view pattern) {
    router_.add(pattern, [](const Request&, Response&) {});
  }
  // The pattern that answers, and what its wildcards stand for: "/a/{x} x=1".
  std::string find(std::string_view method, std::string_view path) const {
    const Match match = router_.find(method, path);
    if (match.route == nullptr) return match.allowed.empty() ? "404" : "405 " + match.allowed;
    std::string text = match.route->pattern;
    for (std::size_t i = 0; i < match.values.size() && i < match.route->wildcards.size(); ++i)
      text += " " + match.route->wildcards[i] + "=" + std::string(match.values[i]);
    return text;
  }
  Router router_;
};

TEST_F(RouterTest, ALiteralGoesBeforeAWildcardAndThatBeforeTheRest) {
  for (const char* pattern : {"/items/{id}", "/items/latest", "/items/{rest...}", "/items/{id}/parts", "/{any...}"})
    add(pattern);
  EXPECT_EQ(find("GET", "/items/latest"), "/items/latest");
  EXPECT_EQ(find("GET", "/items/7"), "/items/{id} id=7");
  EXPECT_EQ(find("GET", "/items/7/parts"), "/items/{id}/parts id=7");
  EXPECT_EQ(find("GET", "/items/latest/parts"), "/items/{id}/parts id=latest") << "the literal led nowhere";
  EXPECT_EQ(find("GET", "/items/7/else"), "/items/{rest...} rest=7/else");
  EXPECT_EQ(find("GET", "/other"), "/{any...} any=other");
  EXPECT_EQ(find("GET", "/"), "/{any...} any=");
}

TEST_F(RouterTest, APathThatEndsInASlashIsAllBelowIt) {
  for (const char* pattern : {"/static/", "/only/{$}"}) add(pattern);
  EXPECT_EQ(find("GET", "/static/"), "/static/");
  EXPECT_EQ(find("GET", "/static/a/b"), "/static/");
  EXPECT_EQ(find("GET", "/static"), "404");
  EXPECT_EQ(find("GET", "/only/"), "/only/{$}");
  EXPECT_EQ(find("GET", "/only/a"), "404");
  EXPECT_EQ(find("GET", "/only"), "404");
}

TEST_F(RouterTest, MethodsShareAPath) {
  for (const char* pattern : {"GET /a", "POST /a", "/b", "DELETE /b"}) add(pattern);
  EXPECT_EQ(find("GET", "/a"), "GET /a");
  EXPECT_EQ(find("HEAD", "/a"), "GET /a");
  EXPECT_EQ(find("PUT", "/a"), "405 GET, HEAD, POST");
  EXPECT_EQ(find("get", "/a"), "405 GET, HEAD, POST") << "methods have a case";
  EXPECT_EQ(find("DELETE", "/b"), "DELETE /b");
  EXPECT_EQ(find("PUT", "/b"), "/b");
}

TEST_F(RouterTest, AWildcardIsNeverEmpty) {
  add("/a/{x}/b");
  EXPECT_EQ(find("GET", "/a//b"), "404");
  EXPECT_EQ(find("GET", "/a/x/b"), "/a/{x}/b x=x");
}

TEST_F(RouterTest, LiteralsAreComparedDecoded) {
  add("/caf\xc3\xa9/a%2Fb");
  EXPECT_EQ(find("GET", "/caf%C3%A9/a%2fb"), "/caf\xc3\xa9/a%2Fb");
  EXPECT_EQ(find("GET", "/caf%C3%A9/a/b"), "404");
  EXPECT_EQ(find("GET", "/caf%C3%zz/a"), "404");
}

TEST_F(RouterTest, OnePatternOnce) {
  add("GET /a/{x}");
  EXPECT_THROW(add("GET /a/{other}"), usage_error);
  add("/a/{other}");
  add("GET /a/{x}/");
}

}  // namespace
}  // namespace weft::http
