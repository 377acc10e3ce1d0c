// SharedMutex as Go's RWMutex suite describes it: readers together, writers alone, neither starved.
#include <atomic>
#include <mutex>
#include <shared_mutex>

#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/error.h"
#include "weft/sync/shared_mutex.h"

namespace {

using conformance::Crew;
using conformance::settle;
using weft::make_chan;

class RWMutexConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(RWMutexConformance);

TEST_P(RWMutexConformance, ReadersHoldItTogether) {
  perform([] {
    for (int readers : {1, 3, 10}) {
      weft::SharedMutex mutex;
      auto inside = make_chan<void>();
      auto leave = make_chan<void>();
      Crew crew(side());
      for (int i = 0; i < readers; ++i) {
        crew.go([&mutex, inside, leave] {
          std::shared_lock lock(mutex);
          inside.send();
          leave.recv();
        });
      }
      for (int i = 0; i < readers; ++i) inside.recv();  // all of them are in at the same time
      for (int i = 0; i < readers; ++i) leave.send();
    }
  });
}

TEST_P(RWMutexConformance, TryLockForms) {
  perform([] {
    weft::SharedMutex mutex;
    mutex.lock();
    EXPECT_FALSE(mutex.try_lock());
    EXPECT_FALSE(mutex.try_lock_shared());
    mutex.unlock();
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
    EXPECT_TRUE(mutex.try_lock_shared());
    EXPECT_TRUE(mutex.try_lock_shared());
    EXPECT_FALSE(mutex.try_lock());
    mutex.unlock_shared();
    EXPECT_FALSE(mutex.try_lock());
    mutex.unlock_shared();
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  });
}

// Readers count in ones, writers in ten thousands: whoever looks sees only what may be.
void hammer(conformance::Side side, int readers, int rounds) {
  weft::SharedMutex mutex;
  std::atomic<int> activity{0};
  int written = 0;
  {
    Crew crew(side);
    for (int i = 0; i < 2; ++i) {
      crew.go([&] {
        for (int n = 0; n < rounds; ++n) {
          std::lock_guard lock(mutex);
          EXPECT_EQ(activity.fetch_add(10'000), 0);
          ++written;
          if (n % 16 == 0) weft::yield();
          activity -= 10'000;
        }
      });
    }
    for (int i = 0; i < readers; ++i) {
      crew.go([&] {
        int last = 0;
        for (int n = 0; n < rounds; ++n) {
          std::shared_lock lock(mutex);
          EXPECT_LT(activity.fetch_add(1), 10'000);
          EXPECT_GE(written, last);
          last = written;
          if (n % 16 == 0) weft::yield();
          --activity;
        }
      });
    }
  }
  EXPECT_EQ(written, 2 * rounds);
}

TEST_P(RWMutexConformance, HammeredOnOneProcessor) {
  for (int readers : {1, 3, 10}) perform([readers] { hammer(side(), readers, 500); }, 1);
}

TEST_P(RWMutexConformance, HammeredOnManyProcessors) {
  for (int readers : {1, 3, 10}) perform([readers] { hammer(side(), readers, 500); }, 8);
}

// A reader that holds the lock keeps the writer out; the writer keeps readers that come later out.
TEST_P(RWMutexConformance, AWaitingWriterComesBeforeLaterReaders) {
  perform([] {
    for (int round = 0; round < 20; ++round) {
      weft::SharedMutex mutex;
      std::atomic<bool> wrote{false};
      mutex.lock_shared();
      Crew crew(side());
      crew.go([&] {
        std::lock_guard lock(mutex);
        wrote = true;
      });
      // Only a writer in line keeps a reader out of a lock that is held for reading.
      conformance::until([&] {
        if (!mutex.try_lock_shared()) return true;
        mutex.unlock_shared();
        return false;
      });
      EXPECT_FALSE(wrote);
      crew.go([&] {
        std::shared_lock lock(mutex);
        EXPECT_TRUE(wrote);
      });
      settle();
      EXPECT_FALSE(wrote);
      mutex.unlock_shared();
    }
  });
}

TEST_P(RWMutexConformance, AWriterWaitsForTheLastOfSeveralReaders) {
  perform([] {
    weft::SharedMutex mutex;
    for (int round = 0; round < 10; ++round) {
      std::atomic<bool> wrote{false};
      mutex.lock_shared();
      mutex.lock_shared();
      Crew crew(side());
      crew.go([&] {
        std::lock_guard lock(mutex);
        wrote = true;
      });
      settle();
      mutex.unlock_shared();
      settle();
      EXPECT_FALSE(wrote);
      mutex.unlock_shared();
      crew.join();
      EXPECT_TRUE(wrote);
    }
  });
}

// Readers never let the lock go all at once, yet the writer comes in.
TEST_P(RWMutexConformance, AStreamOfReadersDoesNotStarveAWriter) {
  perform([] {
    weft::SharedMutex mutex;
    std::atomic<bool> stop{false};
    Crew readers(side());
    for (int i = 0; i < 4; ++i) {
      readers.go([&] {
        while (!stop) {
          std::shared_lock lock(mutex);
          weft::yield();
        }
      });
    }
    for (int i = 0; i < 20; ++i) std::lock_guard lock(mutex);
    stop = true;
  });
}

// Writers follow each other without a pause, yet a reader comes in.
TEST_P(RWMutexConformance, AStreamOfWritersDoesNotStarveAReader) {
  perform([] {
    weft::SharedMutex mutex;
    std::atomic<bool> stop{false};
    Crew writers(side());
    for (int i = 0; i < 3; ++i) {
      writers.go([&] {
        while (!stop) {
          std::lock_guard lock(mutex);
          weft::yield();
        }
      });
    }
    for (int i = 0; i < 20; ++i) std::shared_lock lock(mutex);
    stop = true;
  });
}

#ifndef NDEBUG
TEST_P(RWMutexConformance, UnlockWithoutALockIsAUsageError) {
  perform([] {
    weft::SharedMutex never;
    EXPECT_THROW(never.unlock(), weft::usage_error);
    EXPECT_THROW(never.unlock_shared(), weft::usage_error);

    weft::SharedMutex read;
    read.lock_shared();
    EXPECT_THROW(read.unlock(), weft::usage_error);
    read.unlock_shared();
    EXPECT_THROW(read.unlock_shared(), weft::usage_error);

    weft::SharedMutex written;
    written.lock();
    EXPECT_THROW(written.unlock_shared(), weft::usage_error);
    written.unlock();
    EXPECT_THROW(written.unlock(), weft::usage_error);
  });
}
#endif

}  // namespace
