// Handlers that the tests of both protocols ask for.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "weft/chan.h"
#include "weft/context.h"
#include "weft/error.h"
#include "weft/http/server.h"

namespace weft::http {

/// Says that it has begun, and answers once it may go on. Copies are one.
struct SlowHandler {
  Chan<void> started = make_chan<void>(), go_on = make_chan<void>();

  void operator()(const Request&, Response& res) const {
    started.send();
    go_on.recv();
    res.text("done");
  }
};

/// Sends one part, and the other once it may go on.
struct TwoPartsHandler {
  Chan<void> go_on = make_chan<void>();

  void operator()(const Request&, Response& res) const {
    res.write("first");
    res.flush();
    go_on.recv();
    res.write("second");
  }
};

/// Waits until its request's context is done, and says so. Copies are one.
struct ContextHandler {
  Chan<void> waiting = make_chan<void>(), done = make_chan<void>();

  void operator()(const Request& req, Response&) const {
    const Context context = req.context();
    waiting.send();
    context.done().recv();
    EXPECT_EQ(context.error(), errc::cancelled);
    done.send();
  }
};

/// The body, of which nothing is left once it was given.
inline void read_body_twice(const Request& req, Response& res) {
  const std::string_view first = req.body();
  std::array<std::byte, 10> buffer;
  EXPECT_EQ(req.read_body(buffer), 0u);
  EXPECT_EQ(req.body().data(), first.data());
  res.text(first);
}

/// The body, each piece as it comes.
inline void echo_in_pieces(const Request& req, Response& res) {
  std::array<char, 10'000> buffer;
  while (const std::size_t count = req.read_body(buffer)) {
    res.write({buffer.data(), count});
    res.flush();
  }
}

/// "/send": all at once; "/write": bit by bit, with its length before; "/echo".
inline void add_large_answers(Server& server, const std::string& large) {
  server.handle("/send", [&large](const Request&, Response& res) { res.text(large); });
  server.handle("/write", [&large](const Request&, Response& res) {
    res.set_header("Content-Length", std::to_string(large.size()));
    for (std::size_t at = 0; at < large.size(); at += 1000) res.write(std::string_view(large).substr(at, 1000));
  });
  server.handle("/echo", [](const Request& req, Response& res) { res.text(req.body()); });
}

/// "/any": before anything was sent; "/known": as the answer; "/late": behind half of it.
inline void add_throwing(Server& server) {
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
}

}  // namespace weft::http
