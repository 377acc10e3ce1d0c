// The real SpinLock, which the other models take for one step: it excludes, and hands on what its holder did.
#include <gtest/gtest.h>

#include "explorer/model.h"
#include "weft/detail/atomic.h"

#include "../../include/weft/detail/spin_lock.h"

namespace weft::detail {

// The real one, in src/base, spins in the same way and then sleeps.
void SpinLock::lock_slow() noexcept {
  while (!try_lock()) cpu_relax();
}

}  // namespace weft::detail

namespace {

struct Shared {
  weft::detail::SpinLock lock;
  int in_lock = 0;  // plain: two holders at once would race
  int total = 0;
};

model::Report explore(int threads, model::Defect defect) {
  return model::explore({.name = "spin lock, threads " + std::to_string(threads), .defect = defect}, [threads] {
    auto* shared = new Shared;
    for (int i = 0; i < threads; ++i) {
      model::thread("taker", [shared] {
        weft::detail::SpinGuard guard(shared->lock);
        model::check(++shared->in_lock == 1, "one holder at a time");
        ++shared->total;
        --shared->in_lock;
      });
    }
    model::finally([=] { model::check(shared->total == threads, "everybody held it"); });
  });
}

TEST(SpinLock, ExcludesAndHandsOn) {
  model::expect_holds(explore(2, model::Defect::kNone));
  model::expect_holds(explore(3, model::Defect::kNone));
}

TEST(SpinLock, TryLockNeverTakesAHeldOne) {
  const auto report = model::explore({.name = "spin lock, try_lock"}, [] {
    auto* shared = new Shared;
    model::thread("taker", [shared] {
      weft::detail::SpinGuard guard(shared->lock);
      ++shared->total;
    });
    model::thread("trier", [shared] {
      if (!shared->lock.try_lock()) return;
      ++shared->total;
      shared->lock.unlock();
    });
  });
  model::expect_holds(report);
}

TEST(SpinLock, ControlWithoutOrderingsItBreaks) {
  model::expect_breaks(explore(2, model::Defect::kRelaxedOrders), "data race");
}

}  // namespace
