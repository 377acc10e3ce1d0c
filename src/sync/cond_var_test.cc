#include "weft/sync/cond_var.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "sync/sync_test_support.h"
#include "weft/sync/mutex.h"
#include "weft/sync/shared_mutex.h"

namespace weft::testing {
namespace {

using namespace std::chrono_literals;

class CondVarTest : public BothWays {};
WEFT_BOTH_WAYS(CondVarTest);

TEST_P(CondVarTest, NotifyOneWakesTheOldestOnly) {
  run([&] {
    Mutex mutex;
    CondVar cond;
    int waiting = 0;
    std::vector<int> woken;
    Crew crew(GetParam());
    for (int worker = 0; worker < 3; ++worker) {
      crew.go([&, worker] {
        std::unique_lock lock(mutex);
        ++waiting;
        cond.wait(lock);
        woken.push_back(worker);
      });
      wait_until([&] {
        const std::lock_guard lock(mutex);
        return waiting == worker + 1;  // and so it waits: it holds the lock until then
      });
    }
    for (std::size_t i = 1; i <= 3; ++i) {
      cond.notify_one();
      wait_until([&] {
        const std::lock_guard lock(mutex);
        return woken.size() == i;
      });
    }
    EXPECT_EQ(woken, (std::vector<int>{0, 1, 2}));
  });
}

/// Whoever gets the lock at last notifies all, ends the CondVar and uses its memory for something else: the waiter,
/// which was notified, must not look at it again.
struct EndsTheCondVar {
  alignas(CondVar) std::array<unsigned char, sizeof(CondVar)> memory;
  CondVar* cond = ::new (memory.data()) CondVar();
  int locked = 0;

  void lock() { ++locked; }
  void unlock() {
    cond->notify_all();
    std::destroy_at(cond);
    memory.fill(0xff);
  }
};

TEST_P(CondVarTest, MayGoOnceAllAreNotifiedBeforeTheyHaveReturned) {
  run([&] {
    EndsTheCondVar forever;
    forever.cond->wait(forever);
    EXPECT_EQ(forever.locked, 1);
    EndsTheCondVar for_an_hour;
    EXPECT_EQ(for_an_hour.cond->wait_for(for_an_hour, 1h), std::cv_status::no_timeout);
    EXPECT_EQ(for_an_hour.locked, 1);
  });
}

TEST_P(CondVarTest, NotifyAllWakesAll) {
  run([&] {
    Mutex mutex;
    CondVar cond;
    int waiting = 0, woken = 0;
    bool open = false;
    Crew crew(GetParam());
    for (int worker = 0; worker < 8; ++worker) {
      crew.go([&] {
        std::unique_lock lock(mutex);
        ++waiting;
        cond.wait(lock, [&] { return open; });
        ++woken;
      });
    }
    wait_until([&] {
      const std::lock_guard lock(mutex);
      return waiting == 8;
    });
    {
      const std::lock_guard lock(mutex);
      open = true;
    }
    cond.notify_all();
    crew.join();
    EXPECT_EQ(woken, 8);
  });
}

TEST_P(CondVarTest, TimedWaitsEnd) {
  run([&] {
    Mutex mutex;
    CondVar cond;
    std::unique_lock lock(mutex);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(cond.wait_for(lock, 3ms), std::cv_status::timeout);
    EXPECT_GE(std::chrono::steady_clock::now() - start, 3ms);
    EXPECT_EQ(cond.wait_for(lock, -1ms), std::cv_status::timeout);
    EXPECT_FALSE(cond.wait_for(lock, 1ms, [] { return false; }));
    EXPECT_TRUE(cond.wait_for(lock, -1s, [] { return true; }));
    EXPECT_FALSE(cond.wait_until(lock, std::chrono::system_clock::now() + 1ms, [] { return false; }));
    EXPECT_TRUE(lock.owns_lock());
    EXPECT_FALSE(mutex.try_lock());
  });
}

TEST_P(CondVarTest, AContextEndsTheWait) {
  run([&] {
    Mutex mutex;
    CondVar cond;
    auto [ctx, cancel] = with_cancel(Context());
    bool waits = false;
    Crew crew(GetParam());
    crew.go([&, context = ctx] {
      std::unique_lock lock(mutex);
      std::error_code ec;
      waits = true;
      EXPECT_FALSE(cond.wait(lock, context, [] { return false; }, ec));
      EXPECT_EQ(ec, errc::cancelled);
      EXPECT_TRUE(cond.wait(lock, context, [] { return true; }, ec)) << "the condition counts first";
      EXPECT_FALSE(ec);
      EXPECT_THROW(cond.wait(lock, context, [] { return false; }), std::system_error);
    });
    wait_until([&] {
      const std::lock_guard lock(mutex);
      return waits;
    });
    cancel();
  });
}

TEST_P(CondVarTest, WorksWithAnyLock) {
  run([&] {
    SharedMutex mutex;
    CondVar cond;
    bool ready = false;
    Crew crew(GetParam());
    crew.go([&] {
      std::shared_lock lock(mutex);
      cond.wait(lock, [&] { return ready; });
    });
    {
      const std::unique_lock lock(mutex);
      ready = true;
    }
    cond.notify_one();
    crew.join();
  });
}

// What unlock() does may let the notification come before the waiter parks.
struct NotifyingLock {
  CondVar& cond;
  void lock() {}
  void unlock() { cond.notify_one(); }
};

TEST_P(CondVarTest, ANotificationBetweenUnlockAndParkCounts) {
  run([&] {
    CondVar cond;
    NotifyingLock lock{cond};
    cond.wait(lock);
    EXPECT_EQ(cond.wait_for(lock, 1h), std::cv_status::no_timeout);
  });
}

TEST_P(CondVarTest, AnUnlockThatThrowsLeavesNoWaiter) {
  run([&] {
    Mutex mutex;
    CondVar cond;
    std::unique_lock lock(mutex);
    EXPECT_THROW(
        {
          Mutex unlocked;
          cond.wait(unlocked);
        },
        usage_error);
    cond.notify_one();  // nobody there
    EXPECT_EQ(cond.wait_for(lock, 1ms), std::cv_status::timeout);
  });
}

TEST_P(CondVarTest, MayGoOnceAllAreNotified) {
  run([&] {
    for (int round = 0; round < 50; ++round) {
      Mutex mutex;
      auto cond = std::make_unique<CondVar>();
      bool waits = false;
      Crew crew(GetParam());
      crew.go([&, c = cond.get()] {
        std::unique_lock lock(mutex);
        waits = true;
        EXPECT_EQ(c->wait_for(lock, 1h), std::cv_status::no_timeout);
      });
      wait_until([&] {
        const std::lock_guard lock(mutex);
        return waits;
      });
      cond->notify_all();
      cond.reset();
    }
  });
}

}  // namespace
}  // namespace weft::testing
