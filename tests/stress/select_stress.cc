// Select under load: crossing selects, tokens that must not get lost, and a case that fires against close, cancel and
// time.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "stress/chan_stress_support.h"
#include "sync/chan_test_support.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/runtime.h"
#include "weft/select.h"

namespace weft::stress {
namespace {

using namespace std::chrono_literals;
using Token = std::unique_ptr<int>;

// Every goroutine owns at most one token; it gives it away and takes another wherever it can. In the end all are there.
TEST(SelectStress, TokensAreConserved) {
  rounds([](Random& random) {
    const int tokens = pick(random, 1, 6);
    const int goroutines = tokens + pick(random, 1, 4);  // somebody has a free hand
    std::vector<Chan<Token>> c;
    for (int i = 0; i < 3; ++i) c.push_back(make_chan<Token>(pick(random, 0, 2)));
    auto stop = make_chan<void>();
    std::atomic<long> moves{0};
    std::atomic<int> held{0};
    std::vector<Task<void>> tasks;
    for (int g = 0; g < goroutines; ++g) {
      tasks.push_back(spawn([&, g, mine = Random(random())]() mutable {
        Token token = g < tokens ? std::make_unique<int>(g) : nullptr;
        const auto take = [&](std::optional<Token> v) { token = std::move(*v); };
        for (bool running = true; running;) {
          const Chan<Token>& a = c[static_cast<std::size_t>(pick(mine, 0, 2))];
          const Chan<Token>& b = c[static_cast<std::size_t>(pick(mine, 0, 2))];
          const auto patience = std::chrono::microseconds(pick(mine, 0, 50));
          std::size_t fired = 9;
          if (token == nullptr) {
            fired = select(on_recv(a, take), on_recv(b, take), on_recv(stop, [&](bool) { running = false; }),
                           on_timeout(patience));
          } else {
            fired = select(on_send(a, token), on_send(b, token), on_recv(stop, [&](bool) { running = false; }),
                           on_timeout(patience));
            EXPECT_EQ(token == nullptr, fired < 2);
          }
          if (fired < 2) ++moves;
        }
        if (token != nullptr) ++held;
      }));
    }
    while (moves < 200) yield();
    stop.close();
    for (auto& task : tasks) task.join();
    int buffered = 0;
    for (auto& each : c) {
      EXPECT_TRUE(weft::testing::sound(each));
      while (each.try_recv()) ++buffered;
    }
    EXPECT_EQ(held + buffered, tokens);
  });
}

// Both goroutines offer both directions on both channels: they must find each other, and never themselves.
TEST(SelectStress, CrossingSelectsMeet) {
  rounds([](Random& random) {
    auto a = make_chan<int>();
    auto b = make_chan<int>();
    const int laps = pick(random, 1, 300);
    std::atomic<long> sent{0};
    std::atomic<long> received{0};
    const auto party = [&](const Chan<int>& x, const Chan<int>& y) {
      for (int lap = 0; lap < laps; ++lap) {
        const auto take = [&](std::optional<int> v) { received += *v; };
        int value = lap + 1;
        const auto given = [&] { sent += lap + 1; };
        select(on_recv(x, take), on_send(y, value, given), on_recv(y, take), on_send(x, value, given));
      }
    };
    auto one = spawn([&] { party(a, b); });
    auto two = spawn([&] { party(b, a); });
    one.join();
    two.join();
    EXPECT_EQ(sent, received);
    EXPECT_TRUE(weft::testing::sound(a));
    EXPECT_TRUE(weft::testing::sound(b));
  });
}

enum class Event { kNone, kSend, kClose, kCancel, kTime };

// One select against a send, a close, a cancel and its own timeout, all about to happen: what it reports is what took
// place.
TEST(SelectStress, OneOutcomeAndTheRightOne) {
  rounds([](Random& random) {
    for (int lap = 0; lap < 50; ++lap) {
      auto data = make_chan<int>();
      auto closing = make_chan<void>();
      auto [ctx, cancel] = with_cancel(Context());
      const int seen_by_sender = pick(random, 0, 20);
      const int seen_by_closer = pick(random, 0, 20);
      const int seen_by_canceller = pick(random, 0, 20);
      const auto patience = std::chrono::microseconds(pick(random, 0, 30));
      auto sender = spawn([&] {
        for (int i = 0; i < seen_by_sender; ++i) yield();
        return data.try_send(1);
      });
      auto closer = spawn([&] {
        for (int i = 0; i < seen_by_closer; ++i) yield();
        closing.close();
      });
      auto canceller = spawn([&, stop = cancel]() mutable {
        for (int i = 0; i < seen_by_canceller; ++i) yield();
        stop();
      });
      Event event = Event::kNone;
      int fires = 0;
      const auto note = [&](Event e) {
        event = e;
        ++fires;
      };
      select(on_recv(data, [&](std::optional<int> v) { note(v == 1 ? Event::kSend : Event::kNone); }),
             on_recv(closing, [&](bool value) { note(value ? Event::kNone : Event::kClose); }),
             on_done(ctx, [&] { note(Event::kCancel); }), on_timeout(patience, [&] { note(Event::kTime); }));
      const bool was_sent = sender.join();
      closer.join();
      canceller.join();
      EXPECT_EQ(fires, 1);
      EXPECT_NE(event, Event::kNone);
      EXPECT_EQ(event == Event::kSend, was_sent);
      EXPECT_EQ(weft::testing::length(detail::ChanAccess::core(data)->receivers), 0u);
      EXPECT_EQ(weft::testing::length(detail::ChanAccess::core(ctx.done())->receivers), 0u);
    }
  });
}

// A server that stops when told to, many clients that give up: each request is answered or was never taken.
TEST(SelectStress, ImpatientClients) {
  rounds([](Random& random) {
    struct Request {
      int number;
      Chan<int> reply;
    };
    auto requests = make_chan<Request>();
    auto stop = make_chan<void>();
    std::atomic<long> served{0};
    std::atomic<long> answered{0};
    auto server = spawn([&] {
      for (bool running = true; running;) {
        select(on_recv(requests,
                       [&](std::optional<Request> r) {
                         ++served;
                         r->reply.send(r->number * 2);
                       }),
               on_recv(stop, [&] { running = false; }));
      }
    });
    std::vector<Task<void>> clients;
    for (int i = pick(random, 1, 10); i > 0; --i) {
      clients.push_back(spawn([&, mine = Random(random())]() mutable {
        for (int n = 0; n < 30; ++n) {
          Request request{n, make_chan<int>(1)};
          const Chan<int> reply = request.reply;
          const auto patience = std::chrono::microseconds(pick(mine, 0, 20));
          if (select(on_send(requests, request), on_timeout(patience)) != 0) {
            EXPECT_TRUE(static_cast<bool>(request.reply)) << "a request that was not taken stays whole";
            continue;
          }
          EXPECT_EQ(reply.recv(), n * 2);
          ++answered;
        }
      }));
    }
    for (auto& client : clients) client.join();
    stop.close();
    server.join();
    EXPECT_EQ(served, answered);
  });
}

}  // namespace
}  // namespace weft::stress
