// Mutex and SharedMutex: alone, contended, contended with work inside, and read from one and two threads.
#include <mutex>
#include <shared_mutex>

#include "bench/micro/harness.h"
#include "weft/runtime.h"
#include "weft/sync/mutex.h"
#include "weft/sync/shared_mutex.h"
#include "weft/sync/wait_group.h"

namespace {

// `workers` goroutines share `count` operations; one operation takes elapsed / count.
template <class Operation>
bench::Nanoseconds share(std::uint64_t count, int workers, Operation operation) {
  const std::uint64_t each = count / static_cast<std::uint64_t>(workers);
  return bench::timed([&] {
    weft::WaitGroup finished;
    finished.add(workers);
    for (int worker = 0; worker < workers; ++worker) {
      weft::go([&finished, &operation, each] {
        for (std::uint64_t i = 0; i < each; ++i) operation();
        finished.done();
      });
    }
    finished.wait();
  });
}

void uncontended(const std::string& name) {
  weft::Mutex mutex;
  bench::emit_each(name, [&mutex](std::uint64_t count) {
    return bench::timed([&mutex, count] {
      for (std::uint64_t i = 0; i < count; ++i) std::lock_guard lock{mutex};
    });
  });
}

void contended(const std::string& name) {
  weft::Mutex mutex;
  std::uint64_t counter = 0;
  bench::emit_each(name, [&](std::uint64_t count) {
    return share(count, 8, [&] {
      std::lock_guard lock{mutex};
      ++counter;
    });
  });
}

double section_nanoseconds() {
  return bench::nanoseconds_each([](std::uint64_t count) {
    return bench::timed([count] {
      for (std::uint64_t i = 0; i < count; ++i) bench::burn(bench::kStepsOf100Nanoseconds, i);
    });
  });
}

void contended_100ns(const std::string& name) {
  weft::Mutex mutex;
  std::uint64_t state = 0;
  const double each = bench::nanoseconds_each([&](std::uint64_t count) {
    return share(count, 8, [&] {
      std::lock_guard lock{mutex};
      state = bench::burn(bench::kStepsOf100Nanoseconds, state);
    });
  });
  bench::emit(name, each, "ns", {{"section_ns", section_nanoseconds()}});
}

template <int Readers>
void shared_read(const std::string& name) {
  weft::SharedMutex mutex;
  bench::emit_each(name, [&mutex](std::uint64_t count) {
    return share(count, Readers, [&mutex] { std::shared_lock lock{mutex}; });
  });
}

const bench::Register kUncontended{"mutex/uncontended@1", 1, uncontended};
const bench::Register kContended{"mutex/contended_8@2", 2, contended};
const bench::Register kContended100{"mutex/contended_8_100ns@2", 2, contended_100ns};
const bench::Register kSharedRead1{"shared_mutex/read@1", 1, shared_read<1>};
const bench::Register kSharedRead2{"shared_mutex/read@2", 2, shared_read<2>};

}  // namespace
