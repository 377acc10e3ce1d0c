// fork(): what the child may rely on, one thing at a time. Under load: tests/stress/fork_stress.cc.
#include "sched/fork.h"

#include <gtest/gtest.h>

#include <pthread.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <set>
#include <vector>

#include "sched/scheduler.h"
#include "support/fork_child.h"
#include "weft/context.h"
#include "weft/runtime.h"
#include "weft/time.h"

namespace weft::sched {
namespace {

constexpr int kGood = 42;

/// What the child's `body` returns, or minus the signal that ended it: the alarm's, if it hangs.
template <class Body>
int in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    ::_exit(body());
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) return -1000;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

class Fork : public ::testing::Test {
 protected:
  void SetUp() override { start_runtime(); }
};

// It has no machine and no monitor then, and nobody but the monitor fires its timer.
TEST_F(Fork, APlainThreadsChildSleeps) {
  EXPECT_EQ(in_child([] {
              sleep_for(std::chrono::milliseconds(1));
              return kGood;
            }),
            kGood);
}

// Its only machine computes: the deadline is the monitor's to see to.
TEST_F(Fork, ADeadlineComesWhileTheChildsGoroutineComputes) {
  run([] {
    EXPECT_EQ(in_child([] {
                const Context context = with_timeout(Context(), std::chrono::milliseconds(1));
                while (!context.error()) {
                }
                return kGood;
              }),
              kGood);
  });
}

// The handler can start no thread: the monitor that is started later prints the dump.
TEST_F(Fork, AQuitSignalBeforeTheChildHasAMonitorIsAnsweredOnceItHas) {
  EXPECT_EQ(in_child([] {
              ::close(STDERR_FILENO);
              ::raise(SIGQUIT);
              sleep_for(std::chrono::hours(1));
              return kGood;
            }),
            2);
}

// The others' timers stand in the same slot as this one's; they must not fire where their goroutines do not live.
TEST_F(Fork, TheChildCancelsATimerAndNobodyElsesFires) {
  run([] {
    std::atomic<int> woken{0};
    const auto when = std::chrono::steady_clock::now() + std::chrono::milliseconds(300);
    std::vector<Task<void>> sleepers;
    for (int i = 0; i < 8; ++i) {
      sleepers.push_back(spawn([when, &woken] {
        sleep_until(when);
        ++woken;
      }));
    }
    yield();
    Context mine = with_deadline(Context(), when);
    EXPECT_EQ(in_child([&] {
                if (std::chrono::steady_clock::now() >= when) return kGood;  // too late: some woke before the fork
                mine = Context();
                sleep_until(when);
                sleep_for(std::chrono::milliseconds(1));
                yield();
                return woken == 0 ? kGood : woken.load();
              }),
              kGood);
    for (auto& sleeper : sleepers) sleeper.join();
  });
}

// At the fork the other machine holds a processor beyond max_procs, and is inside the runtime, so that it keeps it.
TEST_F(Fork, ASurplusProcessorOfAnotherIsIdleInTheChild) {
  const int before = set_max_procs(2);
  run([] {
    std::atomic<bool> inside{false};
    std::atomic<bool> stop{false};
    auto other = spawn([&] {
      const detail::Section section;
      inside = true;
      while (!stop) {
      }
    });
    while (!inside) yield();
    set_max_procs(1);
    EXPECT_EQ(in_child([] {
                set_max_procs(2);
                const Scheduler& s = scheduler();
                if (s.surplus_processors != 0) return 1;
                while (s.idle_processor_count.load(std::memory_order_relaxed) != 1) ::sched_yield();
                return kGood;
              }),
              kGood);
    stop = true;  // before the next call into weft: the one processor may be the other's
    set_max_procs(2);
    other.join();
  });
  set_max_procs(before);
}

bool machines_have_numbers_of_their_own() {
  std::set<std::uint32_t> seen;
  for (Machine* m = scheduler().machines.load(std::memory_order_acquire); m != nullptr; m = m->all_next) {
    if (!seen.insert(m->index).second) return false;
  }
  return true;
}

// Pools go by a machine's number. The forking goroutine's is not the first.
TEST_F(Fork, TheChildsMachinesHaveNumbersOfTheirOwn) {
  run([] {
    std::vector<Task<void>> pinned;
    std::atomic<bool> stop{false};
    for (int i = 0; i < 4; ++i) {
      pinned.push_back(spawn([&stop] {
        const ThreadPin pin = ThreadPin::exclusive();
        EXPECT_EQ(in_child([] {
                    for (int k = 0; k < 8; ++k) {
                      go([] { ::pause(); });
                      spawn([] {}).join();
                    }
                    return machines_have_numbers_of_their_own() ? kGood : 1;
                  }),
                  kGood);
        while (!stop) yield();
      }));
    }
    stop = true;
    for (auto& task : pinned) task.join();
  });
}

std::atomic<int> was_inside{-1};

// Prepare handlers run in the reverse order of their registration: this one after the runtime's, which has its locks by
// then.
void look() {
  const detail::MachineHead* m = detail::current_machine();
  if (m != nullptr) was_inside = m->inside.load(std::memory_order_relaxed) ? 1 : 0;
}
const int kRegistered = ::pthread_atfork(&look, nullptr, nullptr);

// Who holds the runtime's locks must look as if it were inside: WEFT_PREEMPT=suspend holds others in a signal handler.
TEST_F(Fork, WhoForksIsInsideWhileItHoldsTheLocks) {
  ASSERT_EQ(kRegistered, 0);
  run([] {
    EXPECT_EQ(in_child([] { return kGood; }), kGood);
    EXPECT_EQ(was_inside.load(), 1);
    EXPECT_FALSE(detail::current_machine()->inside.load(std::memory_order_relaxed));
  });
}

}  // namespace
}  // namespace weft::sched
