// What the careful program relies on: a job whose client has left before it starts is not run, and is counted.
#include <gtest/gtest.h>

#include <atomic>

#include "weft/chan.h"
#include "weft/context.h"
#include "weft/runtime.h"
#include "weft/sync.h"

namespace {

TEST(WorkerPool, DropsWorkWhoseClientLeft) {
  weft::run([] {
    weft::Context root;
    weft::WorkerPool jobs({.workers = 1, .queue = 8});
    auto entered = weft::make_chan<void>();
    auto release = weft::make_chan<void>();
    std::atomic<int> ran{0};
    ASSERT_TRUE(jobs.try_submit(root, [&] {
      entered.send();
      release.recv();
    }));
    entered.recv();  // the one worker is busy: what comes now waits in the queue

    auto [client, leave] = weft::with_cancel(root);
    ASSERT_TRUE(jobs.try_submit(client, [&] { ran += 1; }));
    ASSERT_TRUE(jobs.try_submit(root, [&] { ran += 10; }));
    leave();
    release.send();
    std::error_code error;
    jobs.drain(root, error);
    EXPECT_FALSE(error);
    EXPECT_EQ(ran, 10);
    EXPECT_EQ(jobs.dropped(), 1u);
  });
}

TEST(WorkerPool, ShedsWhenTheQueueIsFull) {
  weft::run([] {
    weft::Context root;
    weft::WorkerPool jobs({.workers = 1, .queue = 2});
    auto entered = weft::make_chan<void>();
    auto release = weft::make_chan<void>();
    ASSERT_TRUE(jobs.try_submit(root, [&] {
      entered.send();
      release.recv();
    }));
    entered.recv();
    EXPECT_TRUE(jobs.try_submit(root, [] {}));
    EXPECT_TRUE(jobs.try_submit(root, [] {}));
    EXPECT_FALSE(jobs.try_submit(root, [] {}));
    release.send();
    std::error_code error;
    jobs.drain(root, error);
    EXPECT_FALSE(error);
  });
}

}  // namespace
