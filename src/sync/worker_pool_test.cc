#include "weft/sync/worker_pool.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <optional>

#include "sync/sync_test_support.h"

namespace weft::testing {
namespace {

class WorkerPoolTest : public BothWays {};
WEFT_BOTH_WAYS(WorkerPoolTest);

TEST_P(WorkerPoolTest, RunsJobsInOrder) {
  run([&] {
    std::vector<int> order;
    WorkerPool jobs({.workers = 1, .queue = 4});
    for (int i = 0; i < 50; ++i) jobs.submit(Context(), [&, i] { order.push_back(i); });
    jobs.drain();
    ASSERT_EQ(order.size(), 50u);
    for (int i = 0; i < 50; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
    EXPECT_EQ(jobs.completed(), 50u);
    EXPECT_EQ(jobs.dropped(), 0u);
  });
}

TEST_P(WorkerPoolTest, AFullQueueShedsAndLeavesTheJobUntouched) {
  run([&] {
    auto gate = make_chan<void>();
    WorkerPool jobs({.workers = 2, .queue = 3});
    const Context ctx;
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(jobs.try_submit(ctx, [gate] { gate.recv(); })) << i;
    wait_until([&] { return jobs.running() == 2; });
    EXPECT_EQ(jobs.waiting(), 3);
    auto token = std::make_unique<int>(5);
    auto job = [token = std::move(token)] { EXPECT_EQ(*token, 5); };
    EXPECT_FALSE(jobs.try_submit(ctx, std::move(job)));
    job();  // NOLINT(bugprone-use-after-move): it still has its token
    gate.close();
    jobs.submit(ctx, std::move(job));
    jobs.drain();
    EXPECT_EQ(jobs.completed(), 6u);
  });
}

TEST_P(WorkerPoolTest, WithoutAQueueItTakesWhatAWorkerCanStart) {
  run([&] {
    auto gate = make_chan<void>();
    WorkerPool jobs({.workers = 1, .queue = 0});
    EXPECT_TRUE(jobs.try_submit([gate] { gate.recv(); }));
    EXPECT_FALSE(jobs.try_submit([] {}));
    gate.close();
    jobs.submit(Context(), [] {});
    jobs.drain();
  });
}

TEST_P(WorkerPoolTest, AJobWhoseClientLeftIsDroppedAndCounted) {
  run([&] {
    auto gate = make_chan<void>();
    WorkerPool jobs({.workers = 1, .queue = 10});
    auto [ctx, cancel] = with_cancel(Context());
    std::atomic<int> ran{0};
    EXPECT_TRUE(jobs.try_submit([gate] { gate.recv(); }));
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(jobs.try_submit(ctx, [&] { ++ran; }));
    EXPECT_TRUE(jobs.try_submit([&] { ++ran; }));
    cancel();
    gate.close();
    jobs.drain();
    EXPECT_EQ(ran, 1);
    EXPECT_EQ(jobs.dropped(), 4u);
    EXPECT_EQ(jobs.completed(), 2u);
  });
}

TEST_P(WorkerPoolTest, AJobGetsItsContext) {
  run([&] {
    static ContextKey<int> key;
    WorkerPool jobs({.workers = 1, .queue = 1});
    int seen = 0;
    jobs.submit(with_value(Context(), key, 42), [&](const Context& ctx) { seen = *ctx.get(key); });
    jobs.drain();
    EXPECT_EQ(seen, 42);
  });
}

TEST_P(WorkerPoolTest, SubmitWaitsForRoomOrItsContext) {
  run([&] {
    auto gate = make_chan<void>();
    WorkerPool jobs({.workers = 1, .queue = 0});
    auto [ctx, cancel] = with_cancel(Context());
    jobs.submit(ctx, [gate] { gate.recv(); });
    Crew crew(GetParam());
    crew.go([&, context = ctx] {
      std::error_code ec;
      jobs.submit(context, [] {}, ec);
      EXPECT_EQ(ec, errc::cancelled);
    });
    for (int i = 0; i < 50; ++i) yield();
    cancel();
    crew.join();
    gate.close();
  });
}

TEST_P(WorkerPoolTest, DrainRefusesNewJobsAndGivesUpWithItsContext) {
  run([&] {
    auto gate = make_chan<void>();
    WorkerPool jobs({.workers = 1, .queue = 1});
    std::atomic<int> ran{0};
    const auto job = [&, gate] {
      gate.recv();
      ++ran;
    };
    EXPECT_TRUE(jobs.try_submit(job));
    EXPECT_TRUE(jobs.try_submit(job));
    auto [ctx, cancel] = with_cancel(Context());
    cancel();
    std::error_code ec;
    jobs.drain(ctx, ec);
    EXPECT_EQ(ec, errc::cancelled);
    EXPECT_FALSE(jobs.try_submit(job));
    jobs.submit(Context(), job, ec);
    EXPECT_EQ(ec, errc::shutting_down);
    EXPECT_THROW(jobs.submit(Context(), job), std::system_error);
    gate.close();
    jobs.drain(Context(), ec);
    EXPECT_FALSE(ec);
    EXPECT_EQ(ran, 2) << "what was accepted is done";
  });
}

TEST_P(WorkerPoolTest, LargeJobsAndMoveOnlyOnes) {
  run([&] {
    std::atomic<long> sum{0};
    {
      WorkerPool jobs({.workers = 2, .queue = 8});
      std::array<long, 64> large{};
      large.fill(1);
      auto unique = std::make_unique<long>(100);
      jobs.submit(Context(), [&sum, large] {
        for (long n : large) sum += n;
      });
      jobs.submit(Context(), [&sum, unique = std::move(unique)] { sum += *unique; });
    }
    EXPECT_EQ(sum, 164);
  });
}

TEST(WorkerPoolAfterRun, OneOfStaticStorageDurationDrains) {
  std::atomic<int> done{0};
  {
    std::optional<WorkerPool> jobs;
    weft::run([&] {
      jobs.emplace(WorkerPoolOptions{.workers = 2, .queue = 100});
      for (int i = 0; i < 100; ++i) jobs->submit(Context(), [&] { ++done; });
    });
  }
  EXPECT_EQ(done, 100);
}

TEST_P(WorkerPoolTest, UsageFaults) {
  run([&] {
    EXPECT_USAGE_ERROR(WorkerPool({.workers = 0}), "workers = 0");
    EXPECT_USAGE_ERROR(WorkerPool({.workers = 1, .queue = -1}), "queue = -1");
    WorkerPool jobs({.workers = 1});
    EXPECT_USAGE_ERROR(static_cast<void>(jobs.try_submit(std::function<void()>())), "try_submit");
  });
}

}  // namespace
}  // namespace weft::testing
