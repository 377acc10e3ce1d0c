// What a program costs in which every goroutine waits.
#include "bench/micro/foreign.h"
#include "bench/micro/harness.h"
#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/time.h"

namespace {

void parked_program(const std::string& name) {
  const unsigned settle = bench::config().quick ? 1200 : 1500;  // the monitor gives stack pages back a second after
  const unsigned measure = bench::config().quick ? 500 : 2000;
  auto never = weft::make_chan<void>();
  for (int i = 0; i < 100; ++i) weft::go([never] { never.recv(); });
  bench_start_idle_meter(settle, measure);
  weft::sleep_for(std::chrono::milliseconds(settle + measure + 200));
  const bench_idle idle = bench_idle_result();
  bench::emit(name, idle.wakeups_per_second, "wake-ups/s", {{"cpu_us_per_s", idle.cpu_microseconds_per_second}});
}

const bench::Register kParked{"idle", 2, parked_program};

}  // namespace
