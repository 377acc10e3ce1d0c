// Nobody sleeps through a readiness or a wake-up: the scheduler's own code for the poller and its seat, over a fake
// kernel, machines as the explorer's threads.
//
// Machines come and go idle while descriptors become ready, plain threads push goroutines, and somebody looks at the
// poller without waiting. In the end each goroutine must have been picked [poll.I2, I3], and two must never have waited
// in the poller at once [poll.I1]. The controls: the accesses of [poll.I3] in another order, the sleeper's in the
// product's code by weaker orders, and either side's in the bare protocol word for word; and a kernel whose bell goes
// to whoever looks first.
#include "futex_fixture.h"
#include "sched/idle.cc"
#include "sched/pick.cc"
#include "sched/pinned.cc"
#include "sched/poll_seat.cc"
#include "sched/poller.cc"
#include "sched/processors.cc"
#include "sched/queue.cc"
#include "sched/timer_wheel.cc"
#include "sched/timers.cc"
#include "support/fake_poll_backend.h"

#include <gtest/gtest.h>

#include <memory>

#include "explorer/model.h"

namespace {

using model::check;
using weft::os::FakePollBackend;
using weft::os::PollBackend;
using weft::os::Readiness;

// Says who waits, and may have the defect of an edge-triggered bell.
class CheckedBackend final : public PollBackend {
 public:
  explicit CheckedBackend(bool looks_take_the_bell) : fake(2), looks_take_the_bell_(looks_take_the_bell) {}

  int open() noexcept override { return fake.open(); }
  bool is_open() const noexcept override { return fake.is_open(); }
  int add(int descriptor, void* tag) noexcept override { return fake.add(descriptor, tag); }
  void remove(int descriptor) noexcept override { fake.remove(descriptor); }
  void ring() noexcept override { fake.ring(); }
  void reopen_after_fork() noexcept override { fake.reopen_after_fork(); }
  int wait(Readiness (&ready)[kMostAtOnce], std::int64_t deadline) noexcept override {
    if (deadline == 0) {
      if (looks_take_the_bell_) fake.hush();
      return fake.wait(ready, 0);
    }
    check(!someone_waits_.exchange(true, std::memory_order_relaxed), "one machine waits in the poller");
    const int count = fake.wait(ready, deadline);
    someone_waits_.store(false, std::memory_order_relaxed);
    return count;
  }

  FakePollBackend fake;

 private:
  const bool looks_take_the_bell_;
  weft::detail::Atomic<bool> someone_waits_{false};
};
CheckedBackend* backend = nullptr;

}  // namespace

// In the rest of the runtime's place.
namespace weft::os {

PollBackend& poll_backend() noexcept { return *backend; }

}  // namespace weft::os

namespace weft::sched {

constinit Scheduler the_scheduler;
void wake_monitor() noexcept {}
void wake_monitor_soon() noexcept {}
void wake_monitor_by(detail::MonotonicNanos) noexcept {}
bool new_machine() noexcept { return false; }

}  // namespace weft::sched

namespace {

using weft::detail::Goroutine;
using weft::detail::Processor;
using weft::sched::Machine;
using weft::sched::PollTarget;
using weft::sched::scheduler;

// One connection, whose goroutine is made ready by the first thing told of it.
struct World : PollTarget {
  Machine* machines[2];
  Goroutine goroutines[2];  // the connection's, and a plain thread's
  int picked[2] = {};
  int asleep_at_first = 0;
  std::array<int, 2> connection;
  weft::detail::Atomic<bool> told{false};

  World(std::uint32_t processors, bool looks_take_the_bell) {
    std::destroy_at(&weft::sched::the_scheduler);
    ::new (&weft::sched::the_scheduler) weft::sched::Scheduler;
    std::destroy_at(&weft::sched::the_poller);
    ::new (&weft::sched::the_poller) weft::sched::Poller;
    model::futex = new model::Futex;
    backend = new CheckedBackend(looks_take_the_bell);
    scheduler().attention.store(0);
    scheduler().max_procs.store(processors);
    for (std::uint32_t i = 0; i < processors; ++i) {
      scheduler().processors[i] = new Processor;
      scheduler().processors[i]->index = i;
    }
    for (Machine*& machine : machines) machine = new Machine;
    connection = backend->fake.connect();
    while (backend->fake.write(connection[0], 1) != 0) {  // no room: nothing is ready at first
    }
    on_ready = [](PollTarget& self, const Readiness&) noexcept {
      auto& world = static_cast<World&>(self);
      if (!world.told.exchange(true)) weft::sched::push_global(&world.goroutines[0]);
    };
    weft::sched::poll_add(connection[0], *this);
    weft::sched::count_poll_waiter(1);
  }

  void hold(int machine, int processor) { weft::sched::attach(*machines[machine], *scheduler().processors[processor]); }
  /// The machines sleep, or are about to, the first of them in the poller, and so nobody has the processor.
  void all_idle(int count) {
    asleep_at_first = count;
    for (int i = 0; i < count; ++i) weft::sched::add_idle_machine_locked(*machines[i]);
    weft::sched::put_processor_locked(*scheduler().processors[0]);
  }
  /// Runs one goroutine after the other, for as long as there are any.
  void add_machine(int machine) {
    model::daemon("machine", [=, this] {
      model::thread_slot() = machines[machine];
      if (machine < asleep_at_first) weft::sched::sleep_as_idle(*machines[machine]);
      while (true) {
        Goroutine* g = weft::sched::pick(*machines[machine]);
        check(g >= goroutines && g < goroutines + 2, "a goroutine was picked");
        ++picked[g - goroutines];
      }
    });
  }
  void add_peer() {
    model::thread("peer", [this] { backend->fake.write(connection[1], 1); });
  }
  void add_plain_thread() {
    model::thread("plain thread", [this] { weft::sched::push_global(&goroutines[1]); });
  }
  /// As the monitor, and a machine between two goroutines; that nobody had the seat it saw a while ago.
  void add_looker() {
    model::thread("looker", [] { weft::sched::poll_now(); });
  }
  void expect_picked(int first, int second) {
    model::finally([=, this] { check(picked[0] == first && picked[1] == second, "each goroutine is run once"); });
  }
};

model::Options named(const char* name) { return {.name = name, .bounded_spins = true, .random_values = 1}; }

model::Report edge_while_one_goes_idle(const model::Options& options) {
  return model::explore(options, [] {
    auto* world = new World(1, false);
    world->hold(0, 0);
    world->add_machine(0);
    world->add_peer();
    world->expect_picked(1, 0);
  });
}

model::Report push_while_one_goes_idle(const model::Options& options) {
  return model::explore(options, [] {
    auto* world = new World(1, false);
    world->hold(0, 0);
    world->add_machine(0);
    world->add_plain_thread();
    world->expect_picked(0, 1);
  });
}

model::Report push_while_somebody_looks(const model::Options& options, bool looks_take_the_bell) {
  return model::explore(options, [=] {
    auto* world = new World(1, looks_take_the_bell);
    world->all_idle(1);
    world->add_machine(0);
    world->add_plain_thread();
    world->add_looker();
    world->expect_picked(0, 1);
  });
}

TEST(Poll, AnEdgeIsToldToWhoGoesIdle) { model::expect_holds(edge_while_one_goes_idle(named("poll, edge"))); }

TEST(Poll, WhoSleepsInThePollerIsWoken) { model::expect_holds(push_while_one_goes_idle(named("poll, push"))); }

TEST(Poll, AnEdgeAndAWakeUpAtOnce) {
  const auto report = model::explore(named("poll, edge and push"), [] {
    auto* world = new World(1, false);
    world->all_idle(1);
    world->add_machine(0);
    world->add_plain_thread();
    world->add_peer();
    world->expect_picked(1, 1);
  });
  model::expect_holds(report);
}

TEST(Poll, ALookTakesNoWakeUpAway) {
  model::expect_holds(push_while_somebody_looks(named("poll, push and a look"), false));
}

TEST(Poll, AnEdgeThatALookFindsIsTold) {
  const auto report = model::explore(named("poll, edge and a look"), [] {
    auto* world = new World(1, false);
    world->hold(0, 0);
    world->add_machine(0);
    world->add_peer();
    world->add_looker();
    world->expect_picked(1, 0);
  });
  model::expect_holds(report);
}

TEST(Poll, OneOfTwoIdleMachinesHasTheSeat) {
  const auto report = model::explore(named("poll, two machines"), [] {
    auto* world = new World(1, false);
    world->all_idle(2);
    world->add_machine(0);
    world->add_machine(1);
    world->add_peer();
    world->expect_picked(1, 0);
  });
  model::expect_holds(report);
}

TEST(Poll, WhoSleepsBesideThePollerIsWokenToo) {
  const auto report = model::explore(named("poll, two machines and a push"), [] {
    auto* world = new World(1, false);
    world->all_idle(2);
    world->add_machine(0);
    world->add_machine(1);
    world->add_plain_thread();
    world->expect_picked(0, 1);
  });
  model::expect_holds(report);
}

TEST(Poll, ControlTheBellGoesToWhoLooks) {
  model::expect_breaks(push_while_somebody_looks(named("poll, a bell that a look takes"), true),
                       "each goroutine is run once");
}

TEST(Poll, ControlTheSleepersOrdersAreRelaxed) {
  model::Options options = named("poll, the sleeper relaxed");
  options.defect = model::Defect::kRelaxedOrders;
  options.defect_thread = 0;
  model::expect_breaks(push_while_one_goes_idle(options), "each goroutine is run once");
}

// [poll.I3] alone, with the order of either side's two accesses as the test says.
enum class Swapped { kNone, kSleeper, kWaker };
model::Report bare_protocol(const char* name, Swapped swapped) {
  struct Words {
    weft::detail::Atomic<std::uint32_t> wake_word{0};
    weft::detail::Atomic<bool> in_poller{false};
  };
  return model::explore(named(name), [=] {
    model::futex = new model::Futex;
    auto* words = new Words;
    auto* kernel = new FakePollBackend(0);
    model::thread("sleeper", [=] {
      Readiness ready[PollBackend::kMostAtOnce];
      const auto is_given = [=] { return words->wake_word.load() != 0; };
      bool given = swapped == Swapped::kSleeper && is_given();
      words->in_poller.store(true);
      if (swapped != Swapped::kSleeper) given = is_given();
      if (!given) kernel->wait(ready, INT64_MAX);
      words->in_poller.store(false);
      check(is_given(), "it was woken because it was given something");
    });
    model::thread("waker", [=] {
      const bool looked_first = swapped == Swapped::kWaker && words->in_poller.load();
      words->wake_word.store(1);
      if (swapped == Swapped::kWaker ? looked_first : words->in_poller.load()) kernel->ring();
    });
  });
}

TEST(Poll, OneOfTheTwoSeesTheOther) { model::expect_holds(bare_protocol("poll, I3", Swapped::kNone)); }

TEST(Poll, ControlTheSleeperLooksBeforeItSaysWhereItIs) {
  model::expect_breaks(bare_protocol("poll, I3 with the sleeper swapped", Swapped::kSleeper), "these wait: sleeper");
}

TEST(Poll, ControlTheWakerLooksBeforeItWrites) {
  model::expect_breaks(bare_protocol("poll, I3 with the waker swapped", Swapped::kWaker), "these wait: sleeper");
}

}  // namespace
