// What HTTP/2's stress tests share: a server's handlers, and visits of clients that ask for many things at once, in
// pieces, reset streams in the middle, and leave, while the server is shut down or closed under them. Every answer is
// the one that was asked for, a shutdown answers all that its last GOAWAY lets in, and nothing is left.
#pragma once

#include <array>
#include <atomic>
#include <string>
#include <vector>

#include "http/h2_test_client.h"
#include "http/test_handlers.h"
#include "sched/poller.h"
#include "stress/streams.h"
#include "stress/stress.h"
#include "weft/http/server.h"
#include "weft/net.h"
#include "weft/sync.h"
#include "weft/time.h"

namespace weft::stress {

using namespace std::chrono_literals;
using http::H2Answer;
using http::H2Client;
using http::Request;
using http::Response;
using std::chrono::microseconds;

inline void add_routes(http::Server& server) {
  server.handle("GET /echo/{text}", [](const Request& req, Response& res) { res.text(req.path_value("text")); });
  server.handle("POST /echo", [](const Request& req, Response& res) { res.text(req.body()); });
  server.handle("POST /pieces", weft::http::echo_in_pieces);
  server.handle("POST /ignored", [](const Request&, Response& res) { res.text("ignored"); });
  server.handle("GET /slow/{micros}", [](const Request& req, Response& res) {
    sleep_for(microseconds(std::stoi(std::string(req.path_value("micros")))));
    res.text("slow");
  });
  server.handle("GET /until-left", [](const Request& req, Response& res) {
    with_timeout(req.context(), 1ms).done().recv();
    res.text("left");
  });
}

struct Asked {
  std::int32_t id = 0;
  std::string answer;
  bool was_reset = false;
};

inline Asked start(H2Client& client, Random& random) {
  const int most = pick(random, 0, 9) == 0 ? 200'000 : 2000;
  const std::string text(static_cast<std::size_t>(pick(random, 1, most)), static_cast<char>('a' + pick(random, 0, 25)));
  const std::string word = text.substr(0, 100);
  switch (pick(random, 0, 5)) {
    case 0:
      return {client.start({.path = "/echo/" + word}), word};
    case 1:
      return {client.start({.path = "/slow/" + std::to_string(pick(random, 0, 200))}), "slow"};
    case 2:
      return {client.start({.path = "/until-left"}), "left"};
    case 3:
      return {client.start({.method = "POST", .path = "/ignored", .body = text}), "ignored"};
    default: {
      const std::string path = pick(random, 0, 1) == 0 ? "/echo" : "/pieces";
      const std::size_t half = text.size() / 2;
      const std::int32_t id =
          client.start({.method = "POST", .path = path, .body = text.substr(0, half), .ends = false});
      if (pick(random, 0, 3) == 0) yield();
      client.send_more(id, text.substr(half), true);
      return {id, text};
    }
  }
}

// What a GOAWAY does not let in may be without an answer; and all, where the server was closed, or its listener before
// it took the connection.
inline void check(H2Client& client, const Asked& asked, const std::atomic<bool>& is_closed) {
  const H2Answer& answer = client.wait(asked.id);
  if (asked.was_reset) return;
  const bool let_in = client.goaways().empty() || asked.id <= client.goaways().back().last;
  if (answer.is_whole) {
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, asked.answer);
  } else {
    const bool refused = answer.reset == NGHTTP2_REFUSED_STREAM;  // too many at once, or reset and still running
    EXPECT_TRUE(is_closed || refused || !let_in || !client.has_heard()) << "stream " << asked.id;
  }
}

// Some requests on one connection.
inline void visit(H2Client& client, const std::atomic<bool>& is_closed, Random random) {
  for (int burst = pick(random, 1, 3); burst > 0; --burst) {
    std::vector<Asked> asked;
    for (int i = pick(random, 1, 20); i > 0; --i) {
      if (!client.goaways().empty()) break;
      asked.push_back(start(client, random));
      if (pick(random, 0, 4) == 0) {
        if (pick(random, 0, 1) == 0) yield();
        client.reset(asked.back().id);
        asked.back().was_reset = true;
      }
      if (pick(random, 0, 9) == 0) client.ping();
      if (pick(random, 0, 9) == 0 && !asked.back().was_reset) check(client, asked.back(), is_closed);
    }
    if (pick(random, 0, 5) == 0) return;  // leaves in the middle
    for (const Asked& each : asked) check(client, each, is_closed);
    if (pick(random, 0, 2) == 0) sleep_for(microseconds(pick(random, 0, 300)));
  }
}

inline H2Client::Options any_window(Random& random) {
  return {.stream_window = static_cast<std::uint32_t>(pick(random, 100, 100'000))};
}

// One life of `server`, whose visitors `visit_once(address, is_closed, random)`.
template <class VisitOnce>
void live(http::Server& server, Random& random, VisitOnce visit_once) {
  add_routes(server);
  auto listener = net::TcpListener::listen("127.0.0.1:0");
  const std::string address = listener.local_endpoint().to_string();
  auto serving = spawn([&] { server.serve(std::move(listener)); });
  std::atomic<bool> is_closed{false};
  Group visitors;
  for (int i = pick(random, 1, 8); i > 0; --i)
    visitors.go([&, seed = Random(random())]() mutable { visit_once(address, is_closed, seed); });
  const int end = pick(random, 0, 2);
  if (end == 0) visitors.wait();
  if (pick(random, 0, 1) == 0) sleep_for(microseconds(pick(random, 0, 1000)));
  if (end == 2) is_closed = true;
  end == 2 ? server.close() : server.shutdown();
  serving.join();
  visitors.wait();
  EXPECT_EQ(server.stats().connections, 0u);
  EXPECT_EQ(server.stats().active, 0u);
  EXPECT_EQ(server.stats().idle, 0u);
  EXPECT_EQ(server.stats().handler_errors, 0u);
}

inline http::Limits any_limits(Random& random) {
  return {.max_concurrent_streams = static_cast<std::uint32_t>(pick(random, 2, 40))};
}

}  // namespace weft::stress
