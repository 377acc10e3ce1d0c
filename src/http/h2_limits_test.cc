// What an HTTP/2 client may take of the server: time, bytes, streams; and what it may not do at all.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "http/h2_raw_frames.h"
#include "http/h2_test_client.h"
#include "http/running_server.h"
#include "http/until_in_time.h"
#include "http/vanish.h"
#include "weft/chan.h"
#include "weft/http/server.h"
#include "weft/runtime.h"
#include "weft/select.h"
#include "weft/time.h"

namespace weft::http {
namespace {

using namespace std::chrono_literals;
using namespace h2;
using net::TcpStream;

void send(TcpStream& stream, std::string_view bytes, std::error_code& ec) {
  stream.write_all(std::as_bytes(std::span(bytes)), ec);
}

TEST(H2Limits, LimitsAreKept) {
  Server server(Limits{.max_body_bytes = 1000, .max_header_bytes = 16 << 10});
  server.handle("/", [](const Request& req, Response& res) { res.text(std::to_string(req.body().size())); });
  with_server(server, [&](const Running& running) {
    H2Client client(running.address());
    const auto post = [](std::size_t bytes, bool says_length) {
      H2Ask ask{.method = "POST", .body = std::string(bytes, 'x')};
      if (says_length) ask.fields = {{"content-length", std::to_string(bytes)}};
      return ask;
    };
    EXPECT_EQ(client.ask(post(1000, true)).body, "1000");
    EXPECT_EQ(client.ask(post(1000, false)).body, "1000");
    EXPECT_EQ(client.ask(post(1001, true)).status, 413);
    EXPECT_EQ(client.ask(post(1001, false)).status, 413);
    EXPECT_EQ(client.ask(post(100'000, false)).status, 413);
    EXPECT_EQ(client.ask({.fields = {{"x", std::string(15'000, 'x')}}}).status, 200);
    EXPECT_EQ(client.ask({.fields = {{"x", std::string(17'000, 'x')}}}).status, 431);
    EXPECT_EQ(client.ask({.path = "/" + std::string(17'000, 'x')}).status, 431);
    EXPECT_EQ(client.ask({.fields = std::vector(500, std::pair<std::string, std::string>("a", "b"))}).status, 431)
        << "each counts 32 more than it has";
    EXPECT_EQ(server.stats().bad_requests, 3u);
    EXPECT_EQ(client.get("/").body, "0") << "the compression's state is in order";
  });
}

TEST(H2Limits, APrefaceAHeadOrABodyThatDoesNotComeIsTimedOut) {
  Server server(Limits{.read_header_timeout = 5ms, .read_body_timeout = 5ms});
  server.handle("/", [](const Request& req, Response& res) { res.text(req.body()); });
  with_server(server, [&](const Running& running) {
    EXPECT_EQ(ask(running, kHttp2Preface.substr(0, 20)).substr(0, 12), "HTTP/1.1 408");
    for (const std::string& bytes :
         {std::string(kHttp2Preface), hello() + frame(kHeaders, kEndStream, 1, "\x82\x84"),
          hello() + frame(kHeaders, kEndStream, 1, "\x82\x84") + frame(kContinuation, kNone, 1, "\x86")}) {
      TcpStream stream = TcpStream::connect(running.address());
      stream.write_all(bytes);
      const std::vector<Frame> frames = read_frames_to_end(stream);
      ASSERT_FALSE(frames.empty());
      EXPECT_EQ(frames.back().type, kGoAway);
      EXPECT_EQ(frames.back().code(), NGHTTP2_ENHANCE_YOUR_CALM);
    }
    EXPECT_EQ(server.stats().bad_requests, 4u);
    H2Client client(running.address());
    EXPECT_EQ(client.ask({.method = "POST", .body = "abc", .ends = false}).status, 408);
    EXPECT_EQ(client.get("/").status, 200) << "the others on the connection do not mind";
  });
}

TEST(H2Limits, AHeadThatDripsIsTimedOutAsOneThatPauses) {
  Server server(Limits{.read_header_timeout = 50ms});
  with_server(server, [&](const Running& running) {
    TcpStream stream = TcpStream::connect(running.address());
    stream.write_all(hello() + frame(kHeaders, kEndStream, 1, "\x82\x84"));
    std::error_code ec;
    std::array<char, 4096> buffer;
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (ec != errc::end_of_stream && ec != std::errc::connection_reset) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      send(stream, frame(kContinuation, kNone, 1), ec);
      stream.set_read_deadline(std::chrono::steady_clock::now() + 2ms);
      stream.read_some(buffer, ec);
    }
    while (server.stats().connections != 0) yield();
  });
}

// Each kind of frame that costs a server more than its client, as fast as it goes, from a client that reads nothing.
TEST(H2Limits, FloodsEndTheConnection) {
  Server server(Limits{.read_header_timeout = 10s, .write_timeout = 10s});
  server.handle("/", [](const Request& req, Response&) { req.context().done().recv(); });
  with_server(server, [&](const Running& running) {
    const auto flood = [&](const std::string& begin, const std::function<std::string(std::uint32_t)>& next) {
      TcpStream stream = TcpStream::connect(running.address());
      std::error_code ec;
      send(stream, hello() + begin, ec);
      for (std::uint32_t i = 0; !ec; i += 50) {
        std::string many;
        for (std::uint32_t k = 0; k < 50; ++k) many += next(i + k);
        send(stream, many, ec);
      }
      while (server.stats().connections != 0) yield();
    };
    flood({}, [](std::uint32_t) { return frame(kPing, kNone, 0, "12345678"); });
    flood({}, [](std::uint32_t) { return frame(kSettings, kNone, 0); });
    flood(frame(kHeaders, kEndStream, 1, "\x82\x84"), [](std::uint32_t) { return frame(kContinuation, kNone, 1); });
    flood(frame(kHeaders, kEndStream, 1, "\x82\x84"),
          [](std::uint32_t) { return frame(kContinuation, kNone, 1, std::string(10'000, '\x82')); });
    flood({}, [](std::uint32_t i) { return get(2 * i + 1) + frame(kReset, kNone, 2 * i + 1, number(8, 4)); });
    flood({}, [](std::uint32_t i) {  // one that makes the server reset
      return get(2 * i + 1) + frame(kWindowUpdate, kNone, 2 * i + 1, number(0, 4));
    });
    EXPECT_EQ(server.stats().active, 0u);
  });
}

TEST(H2Limits, AResetStreamCountsUntilItsHandlerReturns) {
  constexpr std::uint32_t kMost = 10;
  Server server(Limits{.max_concurrent_streams = kMost});
  auto go_on = make_chan<void>();
  std::atomic<std::uint32_t> running_now{0}, most_running{0};
  server.handle("/", [&](const Request&, Response&) {
    const std::uint32_t now = ++running_now;
    if (now > most_running) most_running = now;
    go_on.recv();
    --running_now;
  });
  with_server(server, [&](const Running& running) {
    H2Client client(running.address());
    std::vector<std::int32_t> refused;
    for (std::uint32_t i = 0; i < 3 * kMost; ++i) {
      const std::int32_t id = client.start({});
      if (i >= kMost) refused.push_back(id);
      if (i < kMost) client.reset(id);
    }
    for (const std::int32_t id : refused) EXPECT_EQ(client.wait(id).reset, NGHTTP2_REFUSED_STREAM);
    while (running_now != kMost) yield();
    EXPECT_EQ(server.stats().active, kMost);
    go_on.close();
    while (server.stats().active != 0) yield();
    EXPECT_LE(most_running, kMost);
    EXPECT_EQ(client.get("/").status, 200);
  });
}

TEST(H2Limits, TooManyResetsEndTheConnection) {
  Server server;
  server.handle("/", [](const Request& req, Response&) { req.context().done().recv(); });
  with_server(server, [&](const Running& running) {
    H2Client client(running.address());
    for (int i = 0; i < 3000 && client.goaways().empty(); ++i) {
      client.reset(client.start({}));
      if (i % 100 == 99) {
        client.ping();
        client.read_once();
      }
    }
    client.read_to_end();
    ASSERT_FALSE(client.goaways().empty());
    EXPECT_EQ(client.goaways().back().code, NGHTTP2_ENHANCE_YOUR_CALM);
    client.close();
    while (server.stats().connections != 0) yield();
  });
}

TEST(H2Limits, AWindowThatDoesNotOpenIsTimedOut) {
  Server server(Limits{.write_timeout = 30ms});
  auto failed = make_chan<std::error_code>(1);
  server.handle("/flushed", [&](const Request&, Response& res) {
    try {
      res.write(std::string(1000, 'x'));
      res.flush();
    } catch (const std::system_error& error) {
      failed.send(error.code());
      throw;
    }
  });
  server.handle("/held", [&](const Request&, Response& res) { res.write(std::string(1000, 'x')); });
  with_server(server, [&](const Running& running) {
    {
      H2Client client(running.address(), {.opens_windows = false, .stream_window = 100});
      const H2Answer& answer = client.get("/flushed");
      EXPECT_EQ(failed.recv(), errc::deadline_exceeded);
      EXPECT_EQ(answer.reset, NGHTTP2_INTERNAL_ERROR);
      EXPECT_EQ(server.stats().handler_errors, 0u) << "that is the client's fault";
    }
    H2Client client(running.address(), {.opens_windows = false, .stream_window = 100});
    client.start({.path = "/held"});
    do {
      client.ping();  // which is no reason to wait longer
    } while (client.read_once());
    ASSERT_FALSE(client.goaways().empty()) << "no handler is there to be told";
    client.close();
    while (server.stats().connections != 0) yield();
  });
}

// Between the steps of a test, one of which may take longer than it means to.
struct LongestPause {
  void note() {
    const auto before = std::exchange(last, std::chrono::steady_clock::now());
    longest = std::max(longest, last - before);
  }
  std::chrono::steady_clock::time_point last = std::chrono::steady_clock::now();
  std::chrono::steady_clock::duration longest{0};
};

// The timeout is for a client that takes nothing, not for a slow one: this one takes longer than that for all.
TEST(H2Limits, AWindowThatOpensBitByBitIsNot) {
  until_in_time(1s, 2, [](std::chrono::milliseconds limit) {
    Server server(Limits{.write_timeout = limit});
    server.handle("/", [](const Request&, Response& res) {
      res.write(std::string(500, 'x'));
      res.flush();
      res.write(std::string(500, 'x'));
    });
    bool is_whole = false;
    with_server(server, [&](const Running& running) {
      H2Client client(running.address(), {.opens_windows = false, .stream_window = 0});
      LongestPause pause;
      const std::int32_t id = client.start({});
      for (std::size_t size = 100; size <= 1000; size += 100) {
        sleep_for(limit / 9);
        client.window(id, 100);
        client.run_until([&] { return client.answer(id).body.size() >= size || client.answer(id).has_ended; });
        pause.note();
      }
      is_whole = client.wait(id).is_whole;
      EXPECT_TRUE(is_whole || pause.longest >= limit / 2);
    });
    return is_whole;
  });
}

TEST(H2Limits, AClientThatDoesNotReadHoldsUpNobodyAndIsTimedOut) {
  Server server(Limits{.write_timeout = 3s});
  auto failed = make_chan<std::error_code>(1), waiting = make_chan<std::error_code>(1);
  auto started = make_chan<void>(2);
  server.handle("/endless", [&](const Request&, Response& res) {
    started.send();
    try {
      while (true) res.write(std::string(100'000, 'x'));
    } catch (const std::system_error& error) {
      failed.send(error.code());
      throw;
    }
  });
  server.handle("/wait", [&](const Request& req, Response&) {
    started.send();
    req.context().done().recv();
    waiting.send(req.context().error());
  });
  with_server(server, [&](const Running& running) {
    TcpStream stream = TcpStream::connect(running.address());
    const auto ask_for = [](std::uint32_t id, const std::string& path) {
      return frame(kHeaders, kEndStream | kEndHeaders, id,
                   "\x82\x86" + field(":path", path) + field(":authority", "x"));
    };
    stream.write_all(std::string(kHttp2Preface) + frame(kSettings, kNone, 0, number(4, 2) + number(0x7fffffff, 4)) +
                     frame(kWindowUpdate, kNone, 0, number(0x7fff0000 - 65535, 4)) + ask_for(1, "/endless") +
                     ask_for(3, "/wait"));
    for (int i = 0; i < 2; ++i) started.recv();
    sleep_for(50ms);  // however much of the endless answer is on its way by now
    std::error_code ec;
    send(stream, frame(kReset, kNone, 3, number(8, 4)), ec);
    EXPECT_EQ(waiting.recv(), errc::cancelled) << "the reading goes on";
    EXPECT_EQ(failed.recv(), errc::deadline_exceeded);
    while (server.stats().connections != 0) yield();
    EXPECT_EQ(server.stats().handler_errors, 0u);
  });
}

// Idle, in the middle of a head, in the middle of a body, and while an answer without an end is sent.
TEST(H2Limits, APeerThatVanishedWithoutAWordIsTimedOut) {
  struct Case {
    std::string sent;
    std::size_t answered = 0;  // bytes of bodies
  };
  const auto post = [](const std::string& path) {
    return frame(kHeaders, kEndHeaders, 1, "\x83\x86" + field(":path", path) + field(":authority", "x"));
  };
  bool may_vanish = true;
  for (const Case& each : {Case{}, Case{post("/") + frame(kData, kEndStream, 1, "whole"), 5},
                           Case{post("/") + frame(kData, kNone, 1, "half of")},
                           Case{frame(kHeaders, kEndStream, 1, "\x82\x84")}, Case{post("/endless"), 65535}}) {
    until_in_time(100ms, 2, [&](std::chrono::milliseconds limit) {
      Server server(Limits{
          .read_header_timeout = limit, .read_body_timeout = limit, .write_timeout = limit, .idle_timeout = limit});
      server.handle("/", [](const Request& req, Response& res) { res.text(req.body()); });
      server.handle("/endless", [](const Request&, Response& res) {
        while (true) res.write(std::string(10'000, 'x'));
      });
      bool is_served = false;
      with_server(server, [&](const Running& running) {
        const auto begin = std::chrono::steady_clock::now();
        TcpStream client = TcpStream::connect(running.address());
        std::error_code ec;
        send(client, hello() + frame(kPing, kNone, 0, std::string(8, 'p')) + each.sent, ec);
        bool is_ping_answered = false;
        for (std::size_t answered = 0; answered < each.answered || !is_ping_answered;) {
          const Frame frame = read_frame(client);
          if (frame.stream == UINT32_MAX) return;
          if (frame.type == kData) answered += frame.payload.size();
          is_ping_answered = is_ping_answered || frame.type == kPing;
        }
        may_vanish = vanish(client);
        while (server.stats().connections != 0) yield();
        if (may_vanish) {
          EXPECT_GE(std::chrono::steady_clock::now() - begin, limit) << "it was told of an end";
        }
        EXPECT_EQ(server.stats().active, 0u);
        is_served = H2Client(running.address()).get("/").status == 200;  // who comes after it
      });
      return is_served;
    });
    if (!may_vanish) GTEST_SKIP() << "TCP_REPAIR needs CAP_NET_ADMIN";
  }
}

TEST(H2Limits, WhatNobodyReadsOfABodyStopsAtTheWindow) {
  Server server;
  auto go_on = make_chan<void>();
  server.handle("/", [&](const Request& req, Response& res) {
    go_on.recv();
    res.text(std::to_string(req.body().size()));
  });
  with_server(server, [&](const Running& running) {
    H2Client client(running.address());
    client.ping();
    ASSERT_TRUE(client.run_until([&] { return client.pings_answered() == 1; }));  // so its windows are known
    std::vector<std::int32_t> ids;
    for (int i = 0; i < 6; ++i) ids.push_back(client.start({.method = "POST", .body = std::string(400'000, 'x')}));
    client.ping();
    ASSERT_TRUE(client.run_until([&] { return client.pings_answered() == 2; }));
    std::size_t sent = 0;
    for (const std::int32_t id : ids) sent += 400'000 - client.unsent(id);
    EXPECT_EQ(sent, std::size_t{1} << 20) << "the connection's, which is less than that of six streams";
    EXPECT_EQ(client.unsent(ids[0]), 400'000u - (256 << 10));
    go_on.close();
    for (const std::int32_t id : ids) EXPECT_EQ(client.wait(id).body, "400000");
  });
}

// The deadline that a connection has from its accept on ends no read of one that has become HTTP/2 with a request: the
// read side would go round and round until the handler returns.
TEST(H2Limits, TheDeadlineOfTheTimeBeforeMakesNobodySpin) {
  until_in_time(200ms, 2, [](std::chrono::milliseconds limit) {
    Server server(Limits{.idle_timeout = limit});
    auto started = make_chan<void>(1), go_on = make_chan<void>();
    server.handle("/", [&](const Request&, Response&) {
      started.send();
      go_on.recv();
    });
    bool has_begun = false;
    with_server(server, [&](const Running& running) {
      TcpStream stream = TcpStream::connect(running.address());
      std::error_code ec;
      send(stream, hello() + get(1), ec);
      has_begun = select(on_recv(started), on_timeout(limit)) == 0;
      if (has_begun) {
        sleep_for(limit + 100ms);
        while (num_goroutines() > 3) yield();  // main, the acceptor, the handler
      }
      go_on.close();
    });
    return has_begun;
  });
}

// Each head has its own time, also where every packet ends in the middle of one.
TEST(H2Limits, HeadsBackToBackAreNoneThatTakesLong) {
  until_in_time(1s, 2, [](std::chrono::milliseconds limit) {
    Server server(Limits{.read_header_timeout = limit});
    server.handle("/", [](const Request&, Response& res) { res.text("x"); });
    bool is_too_long = false;
    with_server(server, [&](const Running& running) {
      TcpStream stream = TcpStream::connect(running.address());
      constexpr std::size_t kCut = 12;
      LongestPause pause;
      std::error_code ec;
      send(stream, hello() + get(1).substr(0, kCut), ec);
      for (std::uint32_t id = 3; id <= 25 && !is_too_long; id += 2) {
        sleep_for(limit / 10);
        send(stream, get(id - 2).substr(kCut) + get(id).substr(0, kCut), ec);
        while (server.stats().requests != id / 2 && server.stats().bad_requests == 0) yield();
        pause.note();
        is_too_long = server.stats().bad_requests != 0;
      }
      EXPECT_TRUE(!is_too_long || pause.longest >= limit / 2);
    });
    return !is_too_long;
  });
}

TEST(H2Limits, WhatWasSentOnResetStreamsLeavesRoomAtOnce) {
  Server server;
  auto go_on = make_chan<void>();
  server.handle("/slow", [&](const Request&, Response&) { go_on.recv(); });
  server.handle("/size", [&](const Request& req, Response& res) { res.text(std::to_string(req.body().size())); });
  with_server(server, [&](const Running& running) {
    H2Client client(running.address());
    client.ping();
    ASSERT_TRUE(client.run_until([&] { return client.pings_answered() == 1; }));  // so its windows are known
    std::vector<std::int32_t> ids;
    for (int i = 0; i < 4; ++i)
      ids.push_back(client.start({.method = "POST", .path = "/slow", .body = std::string(400'000, 'x')}));
    client.ping();
    ASSERT_TRUE(client.run_until([&] { return client.pings_answered() == 2; }));
    for (const std::int32_t id : ids) client.reset(id);
    EXPECT_EQ(client.ask({.method = "POST", .path = "/size", .body = std::string(1000, 'x')}).body, "1000");
    go_on.close();
  });
}

}  // namespace
}  // namespace weft::http
