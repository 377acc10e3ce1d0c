// Two goroutines that give way to each other.
#include "bench/micro/harness.h"
#include "weft/runtime.h"

namespace {

void yield_times(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) weft::yield();
}

// Each of the two yields half of the times, so an operation is one yield: one switch.
void yield_two(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    return bench::timed([count] {
      weft::Task<void> other = weft::spawn([count] { yield_times(count / 2); });
      yield_times(count / 2);
      other.join();
    });
  });
}

const bench::Register kYield{"yield@1", 1, yield_two};

}  // namespace
