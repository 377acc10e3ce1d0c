// What a program costs in which little happens: all wait, one of them has been in C for long, or one ticks.
#include <atomic>
#include <chrono>
#include <thread>

#include "bench/micro/foreign.h"
#include "bench/micro/harness.h"
#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/time.h"

namespace {

void start_meter() {
  // The monitor gives stack pages back a second after they were last used: let that pass.
  if (bench::config().quick) {
    bench_start_idle_meter(1200, 500);
  } else {
    bench_start_idle_meter(1500, 2000);
  }
}

void emit_idle(const std::string& name, const bench_idle& idle) {
  bench::emit(name, idle.wakeups_per_second, "wake-ups/s", {{"cpu_us_per_s", idle.cpu_microseconds_per_second}});
}

// The end comes from a thread outside of the runtime, so no timer is pending either.
void all_parked(const std::string& name) {
  auto never = weft::make_chan<void>();
  auto measured = weft::make_chan<bench_idle>(1);
  for (int i = 0; i < 100; ++i) weft::go([never] { never.recv(); });
  start_meter();
  std::thread outsider([measured] { measured.send(bench_idle_result()); });
  emit_idle(name, *measured.recv());
  outsider.join();
}

void one_in_c(const std::string& name) {
  start_meter();
  emit_idle(name, bench_idle_result());
}

void one_ticks(const std::string& name) {
  std::atomic<bool> stop{false};
  auto ended = weft::spawn([&stop] {
    weft::Ticker ticker{std::chrono::milliseconds(1)};
    auto ticks = ticker.chan();
    while (!stop.load(std::memory_order_relaxed)) ticks.recv();
  });
  start_meter();
  const bench_idle idle = weft::blocking(bench_idle_result);
  stop.store(true, std::memory_order_relaxed);
  ended.join();
  bench::emit(name, idle.cpu_microseconds_per_second, "us/s", {{"wakeups_per_s", idle.wakeups_per_second}});
}

const bench::Register kTicks{"idle/ticker@2", 2, one_ticks};
const bench::Register kParked{"idle/parked@2", 2, all_parked};
const bench::Register kInC{"idle/one_in_c@2", 2, one_in_c};

}  // namespace
