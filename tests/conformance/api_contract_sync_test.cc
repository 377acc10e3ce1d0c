// The contract of the rest of sync.h as a user meets it: groups, semaphores, Once and Lazy, pools, the map.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

#include "conformance.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/error.h"
#include "weft/runtime.h"
#include "weft/sync.h"

namespace {

using namespace std::chrono_literals;

struct Vault {
  int value;
};
struct Immovable {
  explicit Immovable(int v) : value(v) {}
  Immovable(const Immovable&) = delete;
  int value;
};
Vault dial() { return Vault{6}; }

constinit weft::WaitGroup global_group;
constinit weft::Once global_once;
constinit weft::Semaphore global_semaphore{3};
constinit weft::Lazy<Vault> vault{[] { return Vault{4}; }};
constinit weft::Lazy<Vault> vault_by_function{dial};
constinit weft::Lazy<Immovable> immovable{[] { return Immovable{3}; }};

struct Holder {
  int base;
  weft::Lazy<int> next{[this] { return base + 1; }};
};

class ApiSyncConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ApiSyncConformance);

TEST_P(ApiSyncConformance, WaitGroup) {
  perform([] {
    weft::WaitGroup wg;
    std::atomic<int> ran{0};
    auto kept = [&] { ++ran; };
    wg.go([&] { ++ran; });
    wg.go(kept);
    wg.go(std::ref(kept));
    wg.go({.name = "named"}, [&, one = std::make_unique<int>(1)] { ran += *one; });
    wg.wait();
    EXPECT_EQ(ran, 4);
    wg.add(2);
    wg.add(-1);
    std::error_code why;
    auto [ctx, cancel] = weft::with_cancel(weft::Context{});
    cancel();
    wg.wait(ctx, why);
    EXPECT_EQ(why, weft::errc::cancelled);
    EXPECT_THROW(wg.wait(ctx), std::system_error);
    wg.done();
    wg.wait(ctx, why);
    EXPECT_FALSE(why) << "zero counts first";
    wg.wait(ctx);
    EXPECT_THROW(wg.done(), weft::usage_error);
    EXPECT_THROW(wg.add(-1), weft::usage_error);
    EXPECT_THROW(wg.add(INT64_MAX), weft::usage_error);
    EXPECT_EQ(wg.count(), 0);
    global_group.wait();
  });
}

TEST_P(ApiSyncConformance, OnceAndLazy) {
  perform([] {
    weft::Once once;
    int calls = 0;
    EXPECT_THROW(once.call([&] {
      ++calls;
      throw std::runtime_error("not yet");
    }),
                 std::runtime_error);
    once.call([&] { ++calls; });
    once.call([&] { ++calls; });
    EXPECT_EQ(calls, 2);
    global_once.call([] {});

    EXPECT_EQ((*vault).value + vault->value, 8);
    vault_by_function.warm();
    EXPECT_EQ(vault_by_function->value, 6);
    EXPECT_EQ(immovable->value, 3);
    Holder holder{.base = 4};
    EXPECT_EQ(*holder.next, 5);
    weft::Lazy deduced{[text = std::make_unique<std::string>("x")] { return *text; }};
    static_assert(std::is_same_v<decltype(deduced), weft::Lazy<std::string>>);
    EXPECT_EQ(deduced->size(), 1U);
    int tries = 0;
    weft::Lazy<int> fails_first{[&] { return ++tries == 1 ? throw std::runtime_error("first") : tries; }};
    EXPECT_THROW(*fails_first, std::runtime_error);
    EXPECT_EQ(*fails_first + *fails_first, 4);
  });
}

TEST_P(ApiSyncConformance, Semaphore) {
  perform([] {
    const int n = 4;
    const int k = 2;
    weft::Semaphore sem{n};
    sem.acquire(k);
    sem.acquire();
    EXPECT_TRUE(sem.try_acquire(1));
    EXPECT_FALSE(sem.try_acquire() || sem.try_acquire(k));
    std::error_code why;
    const auto soon = weft::with_timeout(weft::Context{}, 1ms);
    sem.acquire(k, soon, why);
    EXPECT_EQ(why, weft::errc::deadline_exceeded);
    EXPECT_THROW(sem.acquire(k, soon), std::system_error);
    sem.release(k);
    sem.release(2);
    sem.acquire(n, weft::Context{}, why);
    EXPECT_FALSE(why);
    sem.release(n);
    EXPECT_THROW(sem.release(), weft::usage_error);
    EXPECT_THROW(sem.acquire(n + 1), weft::usage_error);
    EXPECT_THROW(sem.acquire(-1), weft::usage_error);
    EXPECT_THROW(weft::Semaphore{-1}, weft::usage_error);
    EXPECT_EQ(global_semaphore.available(), 3);
  });
}

TEST_P(ApiSyncConformance, Group) {
  perform([] {
    const weft::Context ctx;
    std::atomic<int> ran{0};
    weft::Group g{ctx};
    g.set_limit(8);
    g.go([&](weft::Context c) { ran += c.error() ? 0 : 1; });
    g.go([&](const weft::Context& c) { ran += c.error() ? 0 : 1; });
    g.go([&] { ++ran; });
    g.go({.name = "named"}, [&](auto) { ++ran; });
    g.wait();
    EXPECT_EQ(ran, 4);
    weft::Group failing{ctx};
    failing.go([](weft::Context c) { c.done().recv(); });
    failing.go([](weft::Context) { throw std::runtime_error("first"); });
    EXPECT_THROW(failing.wait(), std::runtime_error);
    EXPECT_THROW(g.set_limit(0), weft::usage_error);
    EXPECT_THROW(g.set_limit(-1), weft::usage_error);
  });
}

struct Event {
  std::string text;
  void reset() { text.clear(); }
};

TEST_P(ApiSyncConformance, Pool) {
  perform([] {
    weft::Pool<Event> pool{[] { return Event{}; }, [](Event& e) { e.reset(); }};
    {
      auto event = pool.get();
      static_assert(std::is_same_v<decltype(event), weft::Pool<Event>::Handle>);
      event->text = "x";
      (*event).text += "y";
      auto moved = std::move(event);
      EXPECT_EQ(moved->text, "xy");
    }
    EXPECT_TRUE(pool.get()->text.empty());
    weft::Pool deduced{[] { return std::make_unique<int>(1); }, [](std::unique_ptr<int>& p) { *p = 1; }};
    static_assert(std::is_same_v<decltype(deduced), weft::Pool<std::unique_ptr<int>>>);
    EXPECT_EQ(**deduced.get(), 1);
    weft::Pool<Immovable> fixed{[] { return Immovable{4}; }};
    EXPECT_EQ(fixed.get()->value, 4);
  });
}

TEST_P(ApiSyncConformance, WorkerPool) {
  perform([] {
    const weft::Context ctx;
    std::error_code why;
    std::atomic<int> ran{0};
    auto job = [&] { ++ran; };
    weft::WorkerPool jobs{{.workers = 8, .queue = 1024}};
    EXPECT_TRUE(jobs.try_submit(ctx, job));
    EXPECT_TRUE(jobs.try_submit(ctx, [&](weft::Context) { ++ran; }));
    EXPECT_TRUE(jobs.try_submit(ctx, [&, one = std::make_unique<int>(1)] { ran += *one; }));
    EXPECT_TRUE(jobs.try_submit(ctx, std::function<void()>(job)));
    jobs.submit(ctx, job, why);
    jobs.submit(ctx, job);
    jobs.drain(ctx, why);
    EXPECT_FALSE(why);
    EXPECT_EQ(ran, 6);
    jobs.submit(ctx, job, why);
    EXPECT_EQ(why, weft::errc::shutting_down);
    EXPECT_FALSE(jobs.try_submit(ctx, job));

    weft::WorkerPool one{{.workers = 1, .queue = 1}};
    auto gate = weft::make_chan<void>();
    auto started = weft::make_chan<void>();
    one.submit(ctx, [=] {
      started.send();
      gate.recv();
    });
    started.recv();
    auto [client, hang_up] = weft::with_cancel(ctx);
    EXPECT_TRUE(one.try_submit(client, job));
    EXPECT_FALSE(one.try_submit(ctx, job)) << "one waits already";
    hang_up();
    one.submit(client, job, why);
    EXPECT_EQ(why, weft::errc::cancelled);
    EXPECT_THROW(one.drain(weft::with_timeout(ctx, 1ms)), std::system_error);
    gate.close();
    one.drain(ctx);
    EXPECT_EQ(ran, 6) << "its client had left";
    EXPECT_EQ(one.dropped(), 1U);
    EXPECT_THROW(weft::WorkerPool({.workers = 0}), weft::usage_error);
    EXPECT_THROW(weft::WorkerPool({.queue = -1}), weft::usage_error);
  });
}

TEST_P(ApiSyncConformance, ConcurrentMap) {
  perform([] {
    weft::ConcurrentMap<std::string, int> map;
    map.store("a", 1);
    map.store(std::string("b"), 2);
    const std::optional<int> found = map.load("a");
    EXPECT_EQ(found, 1);
    EXPECT_FALSE(std::as_const(map).load("z"));
    const auto [value, loaded] = map.load_or_store("a", 9);
    EXPECT_TRUE(value == 1 && loaded);
    EXPECT_FALSE(map.load_or_store("c", 9).loaded);
    EXPECT_TRUE(map.compare_exchange("c", 9, 10));
    EXPECT_FALSE(map.compare_exchange("c", 9, 11));
    int sum = 0;
    map.range([&](const std::string&, int v) { sum += v; });
    EXPECT_EQ(sum, 13);
    int seen = 0;
    map.range([&](const std::string&, const int&) { return ++seen < 2; });
    EXPECT_EQ(seen, 2);
    EXPECT_TRUE(map.erase("a"));
    EXPECT_FALSE(map.erase("a"));
    weft::ConcurrentMap<int, std::unique_ptr<int>> owned;
    owned.store(1, std::make_unique<int>(2));
    EXPECT_EQ(**owned.load_and_erase(1), 2);
    weft::ConcurrentMap<int, Vault> no_default;
    no_default.store(1, Vault{3});
    EXPECT_EQ(no_default.load(1)->value, 3);
  });
}

}  // namespace
