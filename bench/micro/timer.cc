// Timers in great number: arm and cancel while a million wait; a million sleepers and how late they wake.
#include <vector>

#include "bench/micro/harness.h"
#include "weft/runtime.h"
#include "weft/sync/wait_group.h"
#include "weft/time.h"

namespace {

using TimerHandle = decltype(weft::after_func(std::chrono::seconds(1), [] {}));

std::size_t million() { return bench::config().quick ? 100'000 : 1'000'000; }

// Between one and two hours, in no order.
std::chrono::nanoseconds far_delay(std::uint64_t& state) {
  state = bench::burn(1, state);
  return std::chrono::hours(1) + std::chrono::nanoseconds(state % 3'600'000'000'000U);
}

void arm(std::vector<TimerHandle>& timers, std::size_t count, std::uint64_t& state) {
  for (std::size_t i = 0; i < count; ++i) timers.push_back(weft::after_func(far_delay(state), [] {}));
}

// Beside a million pending timers a batch is armed, then cancelled. Who cancels lazily pays when he arms: see the sum.
void arm_and_cancel(const std::string& name) {
  constexpr std::size_t kBatch = 10'000;
  std::uint64_t state = 1;
  std::vector<TimerHandle> pending;
  pending.reserve(million());
  arm(pending, million(), state);
  std::vector<TimerHandle> batch;
  batch.reserve(kBatch);
  bench::Nanoseconds arming{0};
  bench::Nanoseconds cancelling{0};
  double operations = 0;
  while (arming + cancelling < bench::config().target) {
    arming += bench::timed([&] { arm(batch, kBatch, state); });
    cancelling += bench::timed([&] {
      for (TimerHandle& timer : batch) timer.stop();
    });
    batch.clear();
    operations += kBatch;
  }
  const double arm_each = static_cast<double>(arming.count()) / operations;
  const double cancel_each = static_cast<double>(cancelling.count()) / operations;
  bench::emit(name + "/arm", arm_each, "ns");
  bench::emit(name + "/cancel", cancel_each, "ns", {{"arm_and_cancel", arm_each + cancel_each}});
}

// Sleeper i is due at a moment of its own within one second, which starts when all have had time to fall asleep.
void sleepers(const std::string& name) {
  const std::size_t count = million();
  std::vector<std::int64_t> late(count);
  weft::WaitGroup finished;
  finished.add(static_cast<std::ptrdiff_t>(count));
  const auto first = bench::Clock::now() + std::chrono::milliseconds(bench::config().quick ? 600 : 4000);
  for (std::size_t i = 0; i < count; ++i) {
    weft::go([&, i] {
      const auto due = first + std::chrono::nanoseconds(bench::burn(1, i) % 1'000'000'000U);
      weft::sleep_for(due - bench::Clock::now());
      late[i] = std::max<std::int64_t>(0, (bench::Clock::now() - due).count());
      finished.done();
    });
  }
  finished.wait();
  bench::Lateness lateness{std::move(late)};
  lateness.emit_milliseconds(name);
}

const bench::Register kArm{"timer_1m", 1, arm_and_cancel};
const bench::Register kSleepers{"sleepers_1m@2", 2, sleepers};

}  // namespace
