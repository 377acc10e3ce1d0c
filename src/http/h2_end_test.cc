// The end of an HTTP/2 connection: the server's, the client's, an error's.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "http/h2_raw_frames.h"
#include "http/h2_test_client.h"
#include "http/running_server.h"
#include "http/test_handlers.h"
#include "http/until_in_time.h"
#include "weft/chan.h"
#include "weft/http/server.h"
#include "weft/runtime.h"
#include "weft/select.h"
#include "weft/time.h"

namespace weft::http {
namespace {

using namespace std::chrono_literals;

constexpr std::int32_t kGreatest = INT32_MAX;

// A server that a test shuts down itself.
class Serving {
 public:
  explicit Serving(Server& server) : listener_(net::TcpListener::listen("127.0.0.1:0")) {
    address_ = listener_.local_endpoint().to_string();
    task_ = spawn([this, &server] { server.serve(std::move(listener_)); });
  }
  const std::string& address() const { return address_; }
  void join() { task_.join(); }

 private:
  net::TcpListener listener_;
  std::string address_;
  Task<void> task_;
};

TEST(H2End, ShutdownAnswersWhatIsUnderWayAndSaysSoTwice) {
  Server server;
  const SlowHandler slow_handler;
  server.handle("/slow", slow_handler);
  server.handle("/", [](const Request&, Response& res) { res.text("x"); });
  run([&] {
    Serving serving(server);
    H2Client client(serving.address());
    const std::int32_t slow = client.start({.path = "/slow"});
    slow_handler.started.recv();
    auto stopping = spawn([&] { server.shutdown(); });
    ASSERT_TRUE(client.run_until([&] { return !client.goaways().empty(); }));
    EXPECT_EQ(client.goaways()[0].last, kGreatest);
    // What comes before the client has heard that is answered. nghttp2's client starts nothing after it.
    ASSERT_TRUE(client.run_until([&] { return client.goaways().size() == 2; })) << "its answer to the ping counts";
    EXPECT_EQ(client.goaways()[1].last, slow);
    EXPECT_EQ(client.goaways()[1].code, NGHTTP2_NO_ERROR);
    EXPECT_FALSE(client.answer(slow).has_ended);
    slow_handler.go_on.close();
    EXPECT_EQ(client.wait(slow).body, "done");
    client.read_to_end();
    client.close();
    stopping.join();
    serving.join();
    EXPECT_EQ(server.stats().connections, 0u);
  });
}

// A raw client may send one that crosses the first GOAWAY on the wire.
TEST(H2End, ARequestThatCrossesTheNoticeIsAnswered) {
  until_in_time(kWithinLastCall, 1, [](std::chrono::milliseconds) {
    Server server;
    const SlowHandler slow_handler{.started = make_chan<void>(2)};
    server.handle("/slow", slow_handler);
    bool has_begun = false;
    run([&] {
      Serving serving(server);
      H2Client client(serving.address(), {.acknowledges_pings = false});
      const std::int32_t first = client.start({.path = "/slow"});
      slow_handler.started.recv();
      auto stopping = spawn([&] { server.shutdown(); });
      std::error_code refused;
      while (!refused) net::TcpStream::connect(serving.address(), {}, refused);  // so it drains
      const std::int32_t second = client.start({.path = "/slow"});               // and this side has read nothing yet
      has_begun = select(on_recv(slow_handler.started), on_timeout(2s)) == 0;
      slow_handler.go_on.close();
      EXPECT_EQ(client.wait(first).body, "done");
      client.read_to_end();
      if (has_begun) {
        EXPECT_EQ(client.answer(second).body, "done");
        EXPECT_EQ(client.goaways().back().last, second);
      }
      client.close();
      stopping.join();
      serving.join();
    });
    return has_begun;
  });
}

TEST(H2End, ShutdownEndsIdleConnectionsAtOnceAndWaitsForNoAnswerToItsPing) {
  Server server;
  auto started = make_chan<void>(), go_on = make_chan<void>();
  server.handle("/slow", [&](const Request&, Response&) {
    started.send();
    go_on.recv();
  });
  server.handle("/", [](const Request&, Response& res) { res.text("x"); });
  run([&] {
    Serving serving(server);
    H2Client idle(serving.address()), silent(serving.address(), {.acknowledges_pings = false});
    EXPECT_EQ(idle.get("/").body, "x");
    const std::int32_t slow = silent.start({.path = "/slow"});
    started.recv();
    auto stopping = spawn([&] { server.shutdown(); });
    idle.read_to_end();
    ASSERT_FALSE(idle.goaways().empty());
    EXPECT_EQ(idle.goaways().back().last, 1);
    idle.close();
    ASSERT_TRUE(silent.run_until([&] { return silent.goaways().size() == 2; })) << "after a second";
    go_on.close();
    EXPECT_EQ(silent.wait(slow).status, 200);
    silent.close();
    stopping.join();
    serving.join();
  });
}

TEST(H2End, WhoWasLetInIsAnsweredAtShutdown) {
  until_in_time(kWithinLastCall, 1, [](std::chrono::milliseconds) {
    Server server;
    server.handle("/", [](const Request&, Response& res) { res.text("x"); });
    std::string body;
    run([&] {
      Serving serving(server);
      H2Client client(serving.address());
      client.ping();
      EXPECT_TRUE(client.run_until([&] { return client.pings_answered() == 1; }));
      auto stopping = spawn([&] { server.shutdown(); });
      std::error_code refused;
      while (!refused) net::TcpStream::connect(serving.address(), {}, refused);
      body = client.get("/").body;
      client.read_to_end();
      client.close();
      stopping.join();
      serving.join();
    });
    return body == "x";
  });
}

TEST(H2End, ShutdownGivesUpWithItsContextAndCloseEndsAll) {
  Server server;
  auto started = make_chan<void>(), ended = make_chan<void>();
  server.handle("/", [&](const Request& req, Response&) {
    started.send();
    req.context().done().recv();
    ended.send();
  });
  run([&] {
    Serving serving(server);
    H2Client client(serving.address());
    client.start({});
    started.recv();
    std::error_code ec;
    server.shutdown(with_timeout({}, 1ms), ec);
    EXPECT_EQ(ec, errc::deadline_exceeded);
    server.close();
    ended.recv();
    client.read_to_end();
    serving.join();
    EXPECT_EQ(server.stats().connections, 0u);
  });
}

TEST(H2End, ConnectionCloseIsTheLastAnswerButOthersAreNotCut) {
  Server server;
  server.handle("/last", [](const Request&, Response& res) { res.set_header("Connection", "close").text("last"); });
  const SlowHandler slow_handler;
  server.handle("/slow", slow_handler);
  with_server(server, [&](const Running& running) {
    H2Client client(running.address());
    const std::int32_t slow = client.start({.path = "/slow"});
    slow_handler.started.recv();
    const H2Answer& last = client.get("/last");
    EXPECT_EQ(last.body, "last");
    EXPECT_EQ(last.field("connection"), "none");
    ASSERT_TRUE(client.run_until([&] { return client.goaways().size() == 2; }));
    slow_handler.go_on.close();
    EXPECT_EQ(client.wait(slow).body, "done");
    client.read_to_end();
    client.close();
    while (server.stats().connections != 0) yield();
  });
}

TEST(H2End, TheDestructorWaitsForStreams) {
  run([] {
    for (int round = 0; round < 100; ++round) {
      auto server = std::make_unique<Server>();
      auto started = make_chan<void>(4);
      server->handle("/", [&](const Request& req, Response& res) {
        started.send();
        req.context().done().recv();
        std::error_code ec;
        res.write("x", ec);
        res.flush(ec);
      });
      Serving serving(*server);
      H2Client client(serving.address());
      for (int i = 0; i < 4; ++i) client.start({});
      for (int i = 0; i < 4; ++i) started.recv();
      server.reset();
      serving.join();
    }
  });
}

TEST(H2End, AnIdleConnectionIsTimedOutAndPingsDoNotKeepIt) {
  until_in_time(200ms, 2, [](std::chrono::milliseconds limit) {
    Server server(Limits{.idle_timeout = limit});
    server.handle("/", [](const Request&, Response& res) { res.text("x"); });
    bool is_answered = false;
    with_server(server, [&](const Running& running) {
      H2Client client(running.address());
      is_answered = client.get("/").body == "x";
      if (!is_answered) return;
      do {
        client.ping();
      } while (client.read_once());
      ASSERT_EQ(client.goaways().size(), 1u);
      EXPECT_EQ(client.goaways()[0].code, NGHTTP2_NO_ERROR);
      client.close();
      while (server.stats().connections != 0) yield();
    });
    return is_answered;
  });
}

TEST(H2End, LimitsOfReadingAreNoneOfTheHandler) {
  until_in_time(200ms, 2, [](std::chrono::milliseconds limit) {
    Server server(Limits{.read_header_timeout = limit, .read_body_timeout = limit, .idle_timeout = limit});
    server.handle("/", [&](const Request&, Response& res) {
      sleep_for(2 * limit);
      res.text("patient");
    });
    std::string body;
    with_server(server, [&](const Running& running) { body = H2Client(running.address()).get("/").body; });
    return body == "patient";
  });
}

// Who was let in and says no more than hello has its last call, and not the time of a connection that waits.
TEST(H2End, AGreetingIsNoReasonToWaitForLong) {
  Server server(Limits{.idle_timeout = 1h});
  run([&] {
    Serving serving(server);
    net::TcpStream stream = net::TcpStream::connect(serving.address());
    while (server.stats().connections == 0) yield();
    auto stopping = spawn([&] { server.shutdown(); });
    sleep_for(50ms);
    stream.write_all(h2::hello());
    stopping.join();
    serving.join();
  });
}

// The server has said which request is its last, if the client has not read it yet: what comes then is not run, for
// the client will send it again.
TEST(H2End, WhatTheLastWordExcludesIsNotRun) {
  using namespace h2;
  until_in_time(1500ms, 2, [](std::chrono::milliseconds limit) {
    Server server;
    std::atomic<int> runs{0};
    server.handle("/", [&](const Request&, Response&) { ++runs; });
    server.handle("/large", [](const Request&, Response& res) { res.send("a/b", std::string(16 << 20, 'x')); });
    std::uint32_t last = 0;
    run([&] {
      Serving serving(server);
      net::TcpStream stream = net::TcpStream::connect(serving.address());
      constexpr std::uint32_t kLarge = 0x7fff0000;
      const std::string fields = "\x82\x86" + field(":path", "/large") + field(":authority", "x");
      stream.write_all(std::string(kHttp2Preface) + frame(kSettings, kNone, 0, number(4, 2) + number(kLarge, 4)) +
                       frame(kWindowUpdate, kNone, 0, number(kLarge - 65535, 4)) +
                       frame(kHeaders, kEndStream | kEndHeaders, 1, fields));
      while (server.stats().active != 1) yield();
      auto stopping = spawn([&] { server.shutdown(); });
      sleep_for(limit);  // the last word is said after a second, if nothing holds up the server; and is not read yet
      stream.write_all(get(3));
      for (Frame each = read_frame(stream); each.stream != UINT32_MAX; each = read_frame(stream)) {
        if (each.type == kGoAway) last = static_cast<std::uint8_t>(each.payload[3]);
      }
      stream.close();
      stopping.join();
      serving.join();
    });
    EXPECT_EQ(runs, last == 1 ? 0 : 1) << "the last word was " << last;
    return last == 1;
  });
}

}  // namespace
}  // namespace weft::http
