// Pinned goroutines: their thread never changes, an exclusive one's thread runs nobody else, and the others get on.
#include <unistd.h>
#include <set>
#include <vector>

#include "stress/stress.h"
#include "weft/time.h"

namespace weft::stress {
namespace {

using std::chrono::microseconds;

void wait_somehow(Random& random) {
  switch (pick(random, 0, 5)) {
    case 0:
      return sleep_for(microseconds(pick(random, 0, 80)));
    case 1:
      return spawn([] { yield(); }).join();
    case 2:
      return blocking([] { burn(500); });
    case 3:
      return burn(3'000);
    case 4:
      static_cast<void>(::usleep(50));
      return;
    default:
      return yield();
  }
}

void stay_pinned(Random random, int depth) {
  const ThreadPin pin;
  const pid_t thread = ::gettid();
  for (int i = pick(random, 1, 12); i > 0; --i) {
    wait_somehow(random);
    EXPECT_EQ(::gettid(), thread);
  }
  if (depth > 0) stay_pinned(Random(random()), depth - 1);
  wait_somehow(random);
  EXPECT_EQ(::gettid(), thread);  // an inner pin's end is not the outer one's
}

TEST(PinStress, APinnedGoroutineKeepsItsThread) {
  watched_rounds([](Random& random) {
    const int processors = max_procs();
    std::vector<Task<void>> tasks;
    for (int i = pick(random, 1, 16); i > 0; --i) {
      tasks.push_back(spawn([mine = Random(random()), pinned = pick(random, 0, 1) == 0]() mutable {
        if (pinned) {
          stay_pinned(mine, pick(mine, 0, 3));
        } else {
          for (int k = 0; k < 12; ++k) wait_somehow(mine);
        }
      }));
      if (pick(random, 0, 3) == 0) set_max_procs(pick(random, 1, processors));
    }
    for (Task<void>& task : tasks) task.join();
    set_max_procs(processors);
  });
}

/// The threads that an exclusive pin holds now.
class Reserved {
 public:
  void add(pid_t thread) {
    const std::scoped_lock guard(mutex_);
    EXPECT_TRUE(threads_.insert(thread).second) << "two exclusive pins on one thread";
  }
  void remove(pid_t thread) {
    const std::scoped_lock guard(mutex_);
    threads_.erase(thread);
  }
  bool has(pid_t thread) {
    const std::scoped_lock guard(mutex_);
    return threads_.contains(thread);
  }

 private:
  std::mutex mutex_;
  std::set<pid_t> threads_;
};

TEST(PinStress, NobodyElseRunsOnAnExclusivelyPinnedThread) {
  watched_rounds([](Random& random) {
    Reserved reserved;
    std::vector<Task<void>> tasks;
    for (int i = pick(random, 1, 4); i > 0; --i) {
      tasks.push_back(spawn([&reserved, mine = Random(random())]() mutable {
        for (int turn = pick(mine, 1, 3); turn > 0; --turn) {
          const ThreadPin pin = ThreadPin::exclusive();
          const pid_t thread = ::gettid();
          reserved.add(thread);
          for (int k = pick(mine, 1, 8); k > 0; --k) {
            wait_somehow(mine);
            EXPECT_EQ(::gettid(), thread);
          }
          reserved.remove(thread);
        }
      }));
    }
    for (int i = pick(random, 1, 8); i > 0; --i) {
      tasks.push_back(spawn([&reserved, mine = Random(random())]() mutable {
        for (int k = 0; k < 20; ++k) {
          yield();
          // The mutex may take this goroutine's processor, not its thread.
          EXPECT_FALSE(reserved.has(::gettid())) << "thread " << ::gettid();
        }
      }));
    }
    for (Task<void>& task : tasks) task.join();
  });
}

// Both are woken by the other each time, and yielders keep the processors busy meanwhile.
TEST(PinStress, PinnedAndFreePingPong) {
  watched_rounds([](Random& random) {
    const int turns = pick(random, 1, 300);
    const bool tail = pick(random, 0, 1) == 0;
    Permits ping;
    Permits pong;
    std::atomic<bool> stop{false};
    std::vector<Task<void>> yielders;
    for (int i = pick(random, 0, 3); i > 0; --i) {
      yielders.push_back(spawn([&stop] {
        while (!stop) yield();
      }));
    }
    Task<void> pinned = spawn([&, exclusive = pick(random, 0, 3) == 0] {
      const ThreadPin pin = exclusive ? ThreadPin::exclusive() : ThreadPin();
      const pid_t thread = ::gettid();
      for (int i = 0; i < turns; ++i) {
        ping.take();
        EXPECT_EQ(::gettid(), thread);
        pong.give(tail);
      }
    });
    for (int i = 0; i < turns; ++i) {
      ping.give(tail);
      pong.take();
    }
    pinned.join();
    stop = true;
    for (Task<void>& yielder : yielders) yielder.join();
  });
}

}  // namespace
}  // namespace weft::stress
