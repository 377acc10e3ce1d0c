// A million goroutines that wait at a gate: what it takes to start, wake and keep them.
#include <atomic>
#include <string>

#include "bench/micro/harness.h"
#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/sync/wait_group.h"

namespace {

struct Round {
  double spawn_nanoseconds;
  double wake_nanoseconds;
  bench::Memory memory;  // while all were parked
};

// Spawns `count` goroutines that park on one channel, waits until the last is there, and wakes them by closing it.
Round park_and_wake(std::size_t count, std::size_t stack_bytes) {
  auto gate = weft::make_chan<void>();
  std::atomic<std::size_t> arrived{0};
  weft::WaitGroup finished;
  finished.add(static_cast<std::ptrdiff_t>(count));
  Round round{};
  const bench::Nanoseconds spawning = bench::timed([&] {
    for (std::size_t i = 0; i < count; ++i) {
      weft::go({.stack_bytes = stack_bytes}, [&] {
        arrived.fetch_add(1, std::memory_order_relaxed);
        gate.recv();
        finished.done();
      });
    }
    while (arrived.load(std::memory_order_relaxed) < count) weft::yield();
  });
  round.memory = bench::read_memory();
  const bench::Nanoseconds waking = bench::timed([&] {
    gate.close();
    finished.wait();
  });
  round.spawn_nanoseconds = static_cast<double>(spawning.count()) / static_cast<double>(count);
  round.wake_nanoseconds = static_cast<double>(waking.count()) / static_cast<double>(count);
  return round;
}

void parked(const std::string& name, std::size_t stack_bytes) {
  const std::size_t count = bench::config().quick ? 100'000 : 1'000'000;
  const double each = 1.0 / static_cast<double>(count);
  const bench::Memory before = bench::read_memory();
  const Round fresh = park_and_wake(count, stack_bytes);
  const Round reused = park_and_wake(count, stack_bytes);
  bench::emit(name + "/spawn_fresh", fresh.spawn_nanoseconds, "ns");
  bench::emit(name + "/spawn_reused", reused.spawn_nanoseconds, "ns");
  bench::emit(name + "/wake", fresh.wake_nanoseconds, "ns", {{"second_time", reused.wake_nanoseconds}});
  bench::emit(name + "/resident", (fresh.memory.resident_bytes - before.resident_bytes) * each, "B");
  bench::emit(name + "/page_tables", (fresh.memory.page_table_bytes - before.page_table_bytes) * each, "B");
}

const bench::Register kDefault{"parked_1m", 2, [](const std::string& name) { parked(name, 0); }};
const bench::Register k64KiB{"parked_1m_64k", 2, [](const std::string& name) { parked(name, 64 << 10); }};

}  // namespace
