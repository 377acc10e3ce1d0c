// Who sits in the poller, and who takes over. Lost wake-ups: tests/model/poll_model.cc.
#include <gtest/gtest.h>

#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <atomic>
#include <chrono>

#include "sched/poller.h"
#include "sched/scheduler.h"
#include "weft/detail/spawn.h"
#include "weft/runtime.h"

namespace weft::sched {
namespace {

/// Spins; false: not within ten seconds.
template <class F>
bool comes_true(F holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    ::sched_yield();
  }
  return true;
}

Machine* keeper() { return scheduler().poll_keeper.load(); }
/// Machines are never freed.
bool sits_in_poller(const Machine* m) { return m != nullptr && m->in_poller.load(); }

/// An event that makes a goroutine ready, to run `run`, the first time it is told of: on the machine that was told,
/// which has idle processors to take, and no other is woken for it.
struct Event : PollTarget {
  explicit Event(void (*run)(void*)) : goroutine(detail::new_goroutine({}, run, 1, 1).goroutine) {
    on_ready = [](PollTarget& target, const os::Readiness& ready) noexcept {
      auto& self = static_cast<Event&>(target);
      if (!ready.readable || self.told.exchange(true)) return;
      self.goroutine->status.store(detail::Status::kRunnable);
      push_ring_quietly(*processor_of(*static_cast<Machine*>(detail::current_machine())), self.goroutine);
    };
    EXPECT_EQ(poll_add(descriptor, *this), 0);
  }
  ~Event() {
    poll_remove(descriptor);
    ::close(descriptor);
  }
  void happen() const { EXPECT_EQ(::eventfd_write(descriptor, 1), 0); }

  const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  Goroutine* const goroutine;
  std::atomic<bool> told{false};
};

std::atomic<bool> passed_on{false}, ended{false};

TEST(PollSeat, TheFirstDescriptorSeatsAMachineThatSleepsAlready) {
  set_max_procs(2);
  spawn([] {}).join();
  ASSERT_TRUE(comes_true([] { return scheduler().idle_processor_count.load() == 2; }));
  EXPECT_EQ(keeper(), nullptr);
  const Event event([](void*) {});
  EXPECT_TRUE(comes_true([] { return sits_in_poller(keeper()); }));
  event.happen();
  EXPECT_TRUE(comes_true([&] { return event.told.load() && num_goroutines() == 0; }));
  EXPECT_TRUE(comes_true([] { return keeper() != nullptr; }));  // and is back
}

// How long goroutines run is unknown yet, which counts as long.
TEST(PollSeat, WhoLeavesForLongWorkPassesItOn) {
  set_max_procs(2);
  std::atomic<int> meet{0};
  const auto both_run = [&] {
    ++meet;
    while (meet < 2) {
    }
  };
  auto one = spawn(both_run), other = spawn(both_run);  // so there are two machines
  one.join();
  other.join();
  ASSERT_TRUE(comes_true([] { return scheduler().idle_processor_count.load() == 2; }));
  const Event event([](void*) {
    const auto* self = static_cast<const Machine*>(detail::current_machine());
    passed_on = comes_true([&] {
      const Machine* const m = keeper();
      return m != self && sits_in_poller(m);
    });
    ended = true;
  });
  ASSERT_TRUE(comes_true([] { return sits_in_poller(keeper()); }));
  event.happen();
  EXPECT_TRUE(comes_true([] { return ended.load(); }));
  EXPECT_TRUE(passed_on);
}

}  // namespace
}  // namespace weft::sched
