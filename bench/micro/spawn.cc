// Goroutines that do nothing: many at once, and one at a time.
#include "bench/micro/harness.h"
#include "weft/runtime.h"
#include "weft/sync/wait_group.h"

namespace {

constexpr std::uint64_t kBatch = 1000;

void batches(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    const std::uint64_t rounds = (count + kBatch - 1) / kBatch;
    const bench::Nanoseconds elapsed = bench::timed([rounds] {
      weft::WaitGroup finished;
      for (std::uint64_t round = 0; round < rounds; ++round) {
        finished.add(kBatch);
        for (std::uint64_t i = 0; i < kBatch; ++i) weft::go([&finished] { finished.done(); });
        finished.wait();
      }
    });
    return elapsed * count / (rounds * kBatch);
  });
}

void one_and_wait(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    return bench::timed([count] {
      weft::WaitGroup finished;
      for (std::uint64_t i = 0; i < count; ++i) {
        finished.add(1);
        weft::go([&finished] { finished.done(); });
        finished.wait();
      }
    });
  });
}

// The same with a result: Go hands it over by a channel with room for one.
void one_with_result(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    return bench::timed([count] {
      std::uint64_t sum = 0;
      for (std::uint64_t i = 0; i < count; ++i) sum += weft::spawn([i] { return i; }).join();
      bench::burn(1, sum);
    });
  });
}

const bench::Register kBatches1{"spawn/batch@1", 1, batches};
const bench::Register kBatches2{"spawn/batch@2", 2, batches};
const bench::Register kOneAndWait{"spawn/one_and_wait@1", 1, one_and_wait};
const bench::Register kOneWithResult{"spawn/one_with_result@1", 1, one_with_result};

}  // namespace
