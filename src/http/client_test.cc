#include "weft/http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "http/client_test_support.h"
#include "http/url.h"
#include "weft/net.h"
#include "weft/sync.h"
#include "weft/time.h"

namespace weft::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(HttpUrl, IsTakenApartAndResolved) {
  const auto shown = [](std::string_view text) {
    const std::optional<Url> url = parse_url(text);
    return url ? url->address() + " " + url->host() + " " + url->target() : "none";
  };
  EXPECT_EQ(shown("http://h/a/b?c#d"), "h:80 h /a/b?c");
  EXPECT_EQ(shown("https://h:8443"), "h:8443 h:8443 /");
  EXPECT_EQ(shown("https://h:443?q"), "h:443 h /?q");
  EXPECT_EQ(shown("http://[::1]:80/"), "[::1]:80 [::1] /");
  for (const char* wrong :
       {"", "h/a", "ftp://h/", "http://", "http:///a", "http://h:0/", "http://h:99999/", "http://h/a b"})
    EXPECT_EQ(shown(wrong), "none") << wrong;
  const auto resolved = [](std::string_view location) {
    const std::optional<Url> url = resolve_url(*parse_url("http://u:p@h/a/b?c"), location);
    return url ? url->text() : "none";
  };
  EXPECT_EQ(resolved("d"), "http://h/a/d");
  EXPECT_EQ(resolved("/d?e#f"), "http://h/d?e");
  EXPECT_EQ(resolved("//other/d"), "http://other/d");
  EXPECT_EQ(resolved("ftp://other/d"), "none");
}

using HttpClient = ClientBesideServer;

TEST_F(HttpClient, GetsAndPosts) {
  server_.handle("GET /a", [](const Request& req, Response& res) {
    res.set_header("X-Host", req.header("Host"));
    res.text("got " + std::string(req.query("q")));
  });
  server_.handle("POST /a", [](const Request& req, Response& res) {
    res.status(201).send(req.header("Content-Type"), req.body());
  });
  with_server([&] {
    const ClientResponse got = client_->get(url_ + "/a?q=x%20y");
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.body, "got x y");
    EXPECT_EQ("http://" + std::string(got.header("x-host")), url_);
    const ClientResponse made = post(url_ + "/a", "text/csv", "1,2");
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.body, "1,2");
    EXPECT_EQ(made.header("Content-Type"), "text/csv");
    EXPECT_EQ(get(url_ + "/b").status, 404);
    EXPECT_EQ(client_->send({.method = "HEAD", .url = url_ + "/a"}).body, "");
  });
}

TEST_F(HttpClient, UsesAConnectionAgainAndNoticesThatOneIsClosed) {
  server_.handle("/", [](const Request&, Response& res) { res.text("x"); });
  server_.handle("/last", [](const Request&, Response& res) { res.set_header("Connection", "close").text("x"); });
  with_server([&] {
    for (int i = 0; i < 3; ++i) client_->get(url_ + "/");
    EXPECT_EQ(server_.stats().connections, 1u);
    client_->get(url_ + "/last");
    EXPECT_EQ(client_->get(url_ + "/").body, "x");
    while (server_.stats().requests != 5) yield();  // the last is counted once it is answered
  });
}

TEST_F(HttpClient, ReadsChunksAndWhatHasNoLength) {
  server_.handle("/chunks", [](const Request&, Response& res) {
    for (int i = 0; i < 100; ++i) {
      res.write(std::string(1000, 'x'));
      res.flush();
    }
  });
  with_server([&] { EXPECT_EQ(client_->get(url_ + "/chunks").body, std::string(100'000, 'x')); });
}

// Answers each connection with the next of the texts, and closes it.
template <class Test>
void with_raw_server(const std::vector<std::string>& answers, Test&& test) {
  run([&] {
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    auto serving = spawn([&] {
      std::array<char, 4096> buffer;
      std::error_code ec;
      for (const std::string& answer : answers) {
        net::TcpStream stream = listener.accept();
        stream.read_some(buffer, ec);
        stream.write_all(std::as_bytes(std::span(answer)), ec);
        stream.shutdown_write(ec);
        while (stream.read_some(buffer, ec) != 0) {
        }
      }
    });
    test("http://" + listener.local_endpoint().to_string() + "/");
    serving.join();
  });
}

TEST(HttpClientRaw, ReadsToTheEndWhereThatIsTheLength) {
  with_raw_server({"HTTP/1.0 200 OK\r\n\r\nall of it"},
                  [](const std::string& url) { EXPECT_EQ(Client().get(url).body, "all of it"); });
}

TEST(HttpClientRaw, PassesOverInterimAnswers) {
  with_raw_server({"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 "
                   "OK\r\nContent-Length: 1\r\n\r\nx"},
                  [](const std::string& url) { EXPECT_EQ(Client().get(url).body, "x"); });
}

TEST(HttpClientRaw, WhatIsNoAnswerIsAnError) {
  const std::vector<std::string> answers{"",
                                         "nonsense\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
                                         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
                                         "HTTP/1.1 200 OK\r\nX: " + std::string(1000, 'x') + "\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"};
  with_raw_server(answers, [&](const std::string& url) {
    Client client(ClientOptions{.max_header_bytes = 500, .max_body_bytes = 50});
    for (std::size_t i = 0; i < answers.size(); ++i) {
      std::error_code ec;
      client.send({.url = url}, {}, ec);
      EXPECT_TRUE(ec) << answers[i];
    }
  });
}

TEST_F(HttpClient, FollowsRedirects) {
  server_.handle("/once", [](const Request&, Response& res) { res.redirect("/there?x=1"); });
  server_.handle("/keep", [](const Request&, Response& res) { res.redirect("there", 307); });
  server_.handle("/loop", [](const Request&, Response& res) { res.redirect("/loop"); });
  server_.handle("/there", [](const Request& req, Response& res) {
    res.text(std::string(req.method()) + " " + std::string(req.body()) + std::string(req.query("x")));
  });
  with_server([&] {
    const ClientResponse response = client_->post(url_ + "/once", "text/plain", "body");
    EXPECT_EQ(response.body, "GET 1");
    EXPECT_EQ(response.url, url_ + "/there?x=1");
    EXPECT_EQ(client_->post(url_ + "/keep", "text/plain", "body").body, "POST body");
    std::error_code ec;
    client_->send({.url = url_ + "/loop"}, {}, ec);
    EXPECT_EQ(ec, std::errc::too_many_symbolic_link_levels);
    EXPECT_EQ(Client(ClientOptions{.max_redirects = 0}).get(url_ + "/once").status, 302);
  });
}

TEST_F(HttpClient, SecretsStayWithTheirHost) {
  Server other;
  std::string seen;
  other.handle("/", [&](const Request& req, Response&) {
    seen = std::string(req.header("Authorization")) + "|" + std::string(req.header("X"));
  });
  run([&] {
    const Running first(server_), second(other);
    const std::string target = "http://" + second.address() + "/";
    ClientRequest request{.url = target, .headers = {{"Authorization", "secret"}, {"X", "y"}}};
    client_->send(request);
    EXPECT_EQ(seen, "secret|y");
    Server redirecting;
    redirecting.handle("/", [&](const Request&, Response& res) { res.redirect(target); });
    const Running third(redirecting);
    request.url = "http://" + third.address() + "/";
    client_->send(request);
    EXPECT_EQ(seen, "|y");
    client_->close_idle();
  });
}

TEST_F(HttpClient, EndsWithItsContextAndItsTimeout) {
  auto asked = make_chan<void>();
  server_.handle("/", [&](const Request& req, Response&) {
    asked.send();
    req.context().done().recv();
  });
  with_server([&] {
    const CancelContext both = with_cancel({});
    auto waiting = spawn([&] {
      std::error_code ec;
      client_->send({.url = url_ + "/"}, both.context, ec);
      return ec;
    });
    asked.recv();
    both.cancel();
    EXPECT_EQ(waiting.join(), errc::cancelled);
    auto drain = spawn([&] { asked.recv(); });
    std::error_code ec;
    Client(ClientOptions{.timeout = 2ms}).send({.url = url_ + "/"}, {}, ec);
    EXPECT_EQ(ec, errc::deadline_exceeded);
    asked.close();
    drain.join();
  });
}

TEST_F(HttpClient, AContextThatHasEndedSendsNothing) {
  int asked = 0;
  server_.handle("/", [&](const Request&, Response& res) {
    ++asked;
    res.text("kept");
  });
  with_server([&] {
    EXPECT_EQ(client_->get(url_ + "/").body, "kept");
    const CancelContext both = with_cancel({});
    both.cancel();
    std::error_code ec;
    EXPECT_EQ(client_->get(url_ + "/", both.context, ec).status, 0);
    EXPECT_EQ(ec, errc::cancelled);
    EXPECT_EQ(client_->open({.url = url_ + "/"}, with_timeout({}, -1s), ec).status(), 0);
    EXPECT_EQ(ec, errc::deadline_exceeded);
    EXPECT_EQ(client_->get(url_ + "/").body, "kept");
  });
  EXPECT_EQ(asked, 2);
}

TEST_F(HttpClient, MisuseAndWhatCannotBeReached) {
  run([&] {
    EXPECT_THROW(client_->send({.method = "G T", .url = "http://h/"}), usage_error);
    EXPECT_THROW(client_->send({.url = "http://h/", .headers = {{"X", "a\r\nY: b"}}}), usage_error);
    std::error_code ec;
    client_->send({.url = "nowhere"}, {}, ec);
    EXPECT_EQ(ec, std::errc::invalid_argument);
    auto listener = net::TcpListener::listen("127.0.0.1:0");
    const std::string url = "http://" + listener.local_endpoint().to_string() + "/";
    listener.close();
    client_->send({.url = url}, {}, ec);
    EXPECT_EQ(ec, std::errc::connection_refused);
    try {
      client_->get(url);
      FAIL();
    } catch (const std::system_error& error) {
      EXPECT_THAT(error.what(), HasSubstr("GET " + url));
    }
  });
}

}  // namespace
}  // namespace weft::http
