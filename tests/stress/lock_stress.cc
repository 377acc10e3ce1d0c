// Locks under goroutines and plain threads at once, with random yields, timeouts and cancellations: exclusion, no lost
// wake-up.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "stress/chan_stress_support.h"
#include "weft/sync.h"

namespace weft::stress {
namespace {

// Runs `body(random)` on some goroutines and some threads, and waits for them.
template <class Body>
void crowd(Random& random, int goroutines, int threads, Body body) {
  WaitGroup group;
  std::vector<std::thread> plain;
  for (int i = 0; i < goroutines; ++i) {
    group.go([&body, seed = random()] {
      Random own(seed);
      body(own);
    });
  }
  for (int i = 0; i < threads; ++i) {
    plain.emplace_back([&body, seed = random()] {
      Random own(seed);
      body(own);
    });
  }
  group.wait();
  for (std::thread& thread : plain) thread.join();
}

void maybe_yield(Random& random) {
  if (pick(random, 0, 3) == 0) yield();
}

std::chrono::nanoseconds some_time(Random& random) { return std::chrono::nanoseconds(pick(random, -100, 200000)); }

TEST(LockStress, Mutex) {
  rounds([](Random& random) {
    Mutex mutex;
    long guarded = 0;
    std::atomic<long> expected{0};
    crowd(random, pick(random, 2, 12), pick(random, 0, 3), [&](Random& own) {
      for (int i = 0; i < 300; ++i) {
        const int how = pick(own, 0, 9);
        const bool locked = how < 7    ? (mutex.lock(), true)
                            : how == 7 ? mutex.try_lock()
                                       : mutex.try_lock_for(some_time(own));
        if (!locked) continue;
        const long before = guarded;
        maybe_yield(own);
        guarded = before + 1;
        mutex.unlock();
        expected.fetch_add(1, std::memory_order_relaxed);
      }
    });
    EXPECT_EQ(guarded, expected);
    mutex.lock();  // free, or this hangs
    mutex.unlock();
  });
}

TEST(LockStress, SharedMutex) {
  rounds([](Random& random) {
    SharedMutex mutex;
    long a = 0, b = 0;
    std::atomic<long> writes{0};
    const int write_percent = std::vector<int>{0, 1, 10, 50}[static_cast<std::size_t>(pick(random, 0, 3))];
    crowd(random, pick(random, 2, 10), pick(random, 0, 2), [&](Random& own) {
      for (int i = 0; i < 500; ++i) {
        const bool timed = pick(own, 0, 9) == 0;
        if (pick(own, 0, 99) < write_percent) {
          if (timed ? !mutex.try_lock_for(some_time(own)) : (mutex.lock(), false)) continue;
          ++a;
          maybe_yield(own);
          ++b;
          mutex.unlock();
          ++writes;
        } else {
          if (timed ? !mutex.try_lock_shared_for(some_time(own)) : (mutex.lock_shared(), false)) continue;
          EXPECT_EQ(a, b);
          maybe_yield(own);
          EXPECT_EQ(a, b);
          mutex.unlock_shared();
        }
      }
    });
    EXPECT_EQ(a, writes);
    ASSERT_TRUE(mutex.try_lock());
    mutex.unlock();
  });
}

// A bounded buffer over one Mutex and two CondVars: every wait is ended by a notification, a timeout or a context.
TEST(LockStress, CondVar) {
  rounds([](Random& random) {
    Mutex mutex;
    CondVar not_full, not_empty;
    const int capacity = pick(random, 1, 4);
    int buffered = 0;
    std::atomic<long> put{0}, taken{0};
    const int workers = pick(random, 1, 5);
    WaitGroup group;
    for (int side = 0; side < 2; ++side) {
      for (int i = 0; i < workers; ++i) {
        group.go([&, side, seed = random()] {
          Random own(seed);
          CondVar& mine = side == 0 ? not_full : not_empty;
          CondVar& theirs = side == 0 ? not_empty : not_full;
          const auto possible = [&] { return side == 0 ? buffered < capacity : buffered > 0; };
          for (int n = 0; n < 100;) {
            std::unique_lock lock(mutex);
            if (pick(own, 0, 4) == 0) {
              if (!mine.wait_for(lock, some_time(own), possible)) continue;
            } else {
              mine.wait(lock, possible);
            }
            buffered += side == 0 ? 1 : -1;
            ++(side == 0 ? put : taken);
            ++n;
            theirs.notify_one();
            lock.unlock();
            maybe_yield(own);
          }
        });
      }
    }
    group.wait();
    EXPECT_EQ(put, taken);
    EXPECT_EQ(buffered, 0);
  });
}

TEST(LockStress, Semaphore) {
  rounds([](Random& random) {
    const int capacity = pick(random, 1, 8);
    Semaphore semaphore(capacity);
    std::atomic<int> held{0};
    crowd(random, pick(random, 2, 12), pick(random, 0, 2), [&](Random& own) {
      for (int i = 0; i < 200; ++i) {
        const int units = pick(own, 0, capacity);
        if (pick(own, 0, 3) == 0) {
          std::error_code ec;
          semaphore.acquire(units, with_timeout(Context(), some_time(own)), ec);
          if (ec) continue;
        } else {
          semaphore.acquire(units);
        }
        EXPECT_LE(held += units, capacity);
        maybe_yield(own);
        held -= units;
        semaphore.release(units);
      }
    });
    EXPECT_EQ(semaphore.available(), capacity);
  });
}

TEST(LockStress, WaitGroupAndOnce) {
  rounds([](Random& random) {
    for (int round = 0; round < 20; ++round) {
      auto group = std::make_unique<WaitGroup>();
      Once once;
      int made = 0;
      std::atomic<int> finished{0};
      const int workers = pick(random, 1, 20);
      const Context ctx = with_timeout(Context(), some_time(random));
      group->add(workers);
      for (int i = 0; i < workers; ++i) {
        go([&, g = group.get(), seed = random()] {
          Random own(seed);
          maybe_yield(own);
          once.call([&] { made = 7; });
          EXPECT_EQ(made, 7);
          ++finished;
          g->done();
        });
      }
      std::error_code ec;
      group->wait(ctx, ec);
      if (ec) group->wait();
      group.reset();  // no done() may touch it any more
      EXPECT_EQ(finished, workers);
    }
  });
}

}  // namespace
}  // namespace weft::stress
