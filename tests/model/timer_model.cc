// Timers: whoever cancels knows afterwards whether it has fired, and may free the node; firing, cancelling, arming anew
// and moving to another wheel may all happen at the same moment.
#include "timer_fixture.h"

#include <gtest/gtest.h>

#include "explorer/model.h"
#include "sched/machine.h"
#include "sched/processor.h"

namespace {

using model::check;
using weft::detail::Processor;
using weft::detail::TimerNode;
using weft::sched::Machine;
using weft::sched::scheduler;

struct Alarm : TimerNode {
  int fired = 0;  // plain: written by the callback, read by who has cancelled
  int rearm = 0;  // how often the callback arms it anew

  static void on_fire(TimerNode* node) noexcept {
    auto* alarm = static_cast<Alarm*>(node);
    ++alarm->fired;
    if (alarm->rearm > 0) {
      --alarm->rearm;
      weft::detail::timer_arm(*alarm, model::kLater);
    }
  }
};

struct World {
  Machine* machine = new Machine;
  Alarm* alarm = new Alarm;

  explicit World(int rearm) {
    std::destroy_at(&weft::sched::the_scheduler);
    ::new (&weft::sched::the_scheduler) weft::sched::Scheduler;
    scheduler().max_procs.store(1);
    scheduler().processors[0] = new Processor;
    machine->p.store(scheduler().processors[0]);
    alarm->fire = &Alarm::on_fire;
    alarm->rearm = rearm;
  }
  // On the machine, so that timers go to its processor's wheel.
  void run_as_machine() { model::thread_slot() = machine; }
};

void expire() { weft::sched::run_due_timers(weft::detail::kNever - 1); }

void arm_cancel_free(World* world) {
  world->run_as_machine();
  weft::detail::timer_arm(*world->alarm, model::kLater);
  const bool prevented = weft::detail::timer_cancel(*world->alarm);
  check(world->alarm->fired == (prevented ? 0 : 1), "cancel tells the truth");
  world->alarm->fired = -1;  // a callback that still runs would race
  delete world->alarm;
}

model::Report explore(model::Options options, int expirers, bool move) {
  return model::explore(options, [=] {
    auto* world = new World(0);
    model::thread("owner", [=] { arm_cancel_free(world); });
    for (int i = 0; i < expirers; ++i) {
      model::thread("expirer", [=] {
        world->run_as_machine();
        expire();
      });
    }
    if (move) {
      model::thread("mover", [=] { scheduler().processors[0]->wheel.move_all_to(scheduler().shared_wheel, 0); });
    }
  });
}

TEST(Timer, CancelKnowsWhetherItFired) {
  model::expect_holds(explore({.name = "timer: cancel and fire"}, 1, false));
  model::expect_holds(explore({.name = "timer: cancel and two who expire"}, 2, false));
}

TEST(Timer, CancelFollowsItToAnotherWheel) {
  model::expect_holds(explore({.name = "timer: cancel and move"}, 0, true));
  model::expect_holds(explore({.name = "timer: cancel, fire and move"}, 1, true));
}

TEST(Timer, CancelStopsOneThatArmsItselfAnew) {
  const auto report = model::explore({.name = "timer: cancel one that rearms"}, [] {
    auto* world = new World(1);
    model::thread("owner", [=] {
      world->run_as_machine();
      weft::detail::timer_arm(*world->alarm, model::kLater);
      weft::detail::timer_cancel(*world->alarm);
      world->alarm->fired = -1;
      delete world->alarm;
    });
    for (int i = 0; i < 2; ++i) {
      model::thread("expirer", [=] {
        world->run_as_machine();
        expire();
      });
    }
  });
  model::expect_holds(report);
}

TEST(Timer, ControlWithoutLocksItBreaks) {
  model::expect_breaks(explore({.name = "timer without locks", .defect = model::Defect::kNoLocks}, 1, false), "");
}

TEST(Timer, ControlWithoutOrderingsItBreaks) {
  model::expect_breaks(explore({.name = "timer without orderings", .defect = model::Defect::kRelaxedOrders}, 1, false),
                       "");
}

}  // namespace
