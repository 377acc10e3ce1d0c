// No lost wake-up: the scheduler's own code for queues, picks and idling, machines as the explorer's threads.
//
// Some machines make goroutines ready, others run out of work at the same time. In the end each goroutine must have
// been picked: a wake-up that is lost leaves everybody asleep with a goroutine in a queue. The controls take away one
// of the two fences of the protocol in src/sched/scheduler.h, [sched.P2] or [sched.P5].
#include "futex_fixture.h"
#include "sched/idle.cc"
#include "sched/pick.cc"
#include "sched/pinned.cc"
#include "sched/poll_seat.cc"
#include "sched/processors.cc"
#include "sched/queue.cc"
#include "sched/timer_wheel.cc"
#include "sched/timers.cc"

#include <gtest/gtest.h>

#include <memory>

#include "explorer/model.h"

namespace {
// A thread that is not started yet, for new_machine(); none: out of threads.
struct Spare {
  weft::sched::Machine* machine = nullptr;
  int thread = -1;
};
Spare spare;
}  // namespace

// In the rest of the runtime's place.
namespace weft::sched {

constinit Scheduler the_scheduler;
void wake_monitor() noexcept {}
void wake_monitor_soon() noexcept {}
void wake_monitor_by(detail::MonotonicNanos) noexcept {}

// No network: nobody takes the seat.
bool poller_in_use() noexcept { return false; }
bool poller_is_crowded() noexcept { return false; }
bool poll_now() noexcept { return false; }
std::int32_t poll_waiters() noexcept { return 0; }
void poll_wait(PolledBatch&, detail::MonotonicNanos) noexcept {}
void tell_targets(PolledBatch&) noexcept {}
void ring_poller() noexcept {}

bool new_machine() noexcept {
  const detail::SpinGuard guard(scheduler().lock);
  if (spare.machine == nullptr) return false;
  add_idle_machine_locked(*spare.machine);
  spare.machine = nullptr;
  model::ready(spare.thread);
  return true;
}

}  // namespace weft::sched

namespace {

using model::check;
using weft::detail::Goroutine;
using weft::detail::Processor;
using weft::sched::Machine;
using weft::sched::scheduler;

struct World {
  Machine* machines[4];
  Goroutine goroutines[3];
  int picked[3] = {};

  explicit World(std::uint32_t processors) {
    std::destroy_at(&weft::sched::the_scheduler);
    ::new (&weft::sched::the_scheduler) weft::sched::Scheduler;
    model::futex = new model::Futex;
    scheduler().attention.store(0);
    scheduler().max_procs.store(processors);
    for (std::uint32_t i = 0; i < processors; ++i) {
      scheduler().processors[i] = new Processor;
      scheduler().processors[i]->index = i;
    }
    for (Machine*& machine : machines) machine = new Machine;
  }

  void hold(int machine, int processor) { weft::sched::attach(*machines[machine], *scheduler().processors[processor]); }
  void run_as(int machine) { model::thread_slot() = machines[machine]; }
  void pick(int machine) {
    run_as(machine);
    Goroutine* g = weft::sched::pick(*machines[machine]);
    check(g >= goroutines && g < goroutines + 3, "a goroutine was picked");
    ++picked[g - goroutines];
    check(weft::sched::processor_of(*machines[machine]) != nullptr, "on a processor");
  }
  void add_picker(int machine) {
    model::daemon("picker", [=, this] { pick(machine); });
  }
  void add_spare(int thread) {
    spare = {machines[3], thread};
    model::daemon("spare", [this] {
      model::park();
      run_as(3);
      weft::sched::sleep_as_idle(*machines[3]);
      pick(3);
    });
  }
  void expect_picked(int count) {
    model::finally([=, this] {
      for (int i = 0; i < count; ++i) check(picked[i] == 1, "each goroutine is run once");
    });
  }
};

// The adder fills its own ring and then stays in user code; `pickers` machines run out of work meanwhile.
model::Report adder_and_pickers(int pickers, bool more_threads, model::Options options) {
  options.bounded_spins = true;
  options.random_values = 1;  // with two processors there is nothing to choose
  return model::explore(options, [=] {
    auto* world = new World(static_cast<std::uint32_t>(pickers) + 1);
    for (int i = 0; i <= pickers; ++i) world->hold(i, i);
    model::thread("adder", [=] {
      world->run_as(0);
      for (int i = 0; i < pickers; ++i) weft::sched::push_ring(*world->machines[0], &world->goroutines[i]);
    });
    for (int i = 1; i <= pickers; ++i) world->add_picker(i);
    spare = {};
    if (more_threads) world->add_spare(pickers + 1);
    world->expect_picked(pickers);
  });
}

TEST(Wake, AReadyGoroutineIsPickedByWhoGoesIdle) {
  model::expect_holds(adder_and_pickers(1, true, {.name = "wake, 1 picker"}));
}

TEST(Wake, WithoutMoreThreadsThoseThatExistDo) {
  model::expect_holds(adder_and_pickers(1, false, {.name = "wake, out of threads"}));
}

TEST(Wake, ControlWithoutTheAddersFence) {
  model::expect_breaks(
      adder_and_pickers(1, true, {.name = "wake without P2", .defect = model::Defect::kNoFence, .defect_thread = 0}),
      "each goroutine is run once");
}

TEST(Wake, ControlWithoutTheSleepersFence) {
  model::expect_breaks(
      adder_and_pickers(1, true, {.name = "wake without P5", .defect = model::Defect::kNoFence, .defect_thread = 1}),
      "each goroutine is run once");
}

// A plain thread pushes to the global queue while the only machine goes idle.
TEST(Wake, APushFromAPlainThreadIsPicked) {
  const auto report = model::explore({.name = "push from a plain thread", .bounded_spins = true}, [] {
    auto* world = new World(1);
    world->hold(0, 0);
    model::thread("plain thread", [=] { weft::sched::push_global(&world->goroutines[0]); });
    world->add_picker(0);
    world->add_spare(2);
    world->expect_picked(1);
  });
  model::expect_holds(report);
}

// A machine gives its processor away for a blocking call while a plain thread pushes; the other machine sleeps.
TEST(Wake, AProcessorGivenAwayServesWhatCameMeanwhile) {
  const auto report = model::explore({.name = "hand-off", .bounded_spins = true}, [] {
    auto* world = new World(1);
    world->hold(0, 0);
    model::thread("plain thread", [=] { weft::sched::push_global(&world->goroutines[0]); });
    model::thread("blocking", [=] {
      world->run_as(0);
      weft::sched::hand_off_processor(*world->machines[0]);
    });
    world->add_picker(1);
    world->add_spare(3);
    world->expect_picked(1);
  });
  model::expect_holds(report);
}

}  // namespace
