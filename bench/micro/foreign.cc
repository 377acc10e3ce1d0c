// A call into C that does nothing.
#include "bench/micro/foreign.h"

#include "bench/micro/harness.h"
#include "weft/runtime.h"
#include "weft/sync/wait_group.h"

namespace {

int call_times(std::uint64_t count) {
  int value = 0;
  for (std::uint64_t i = 0; i < count; ++i) value = bench_foreign_next(value);
  return value;
}

// Each caller makes `count` calls, so this is the time of a call as its caller sees it.
template <int Callers>
void call(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    return bench::timed([count] {
      weft::WaitGroup finished;
      finished.add(Callers);
      for (int caller = 0; caller < Callers; ++caller) {
        weft::go([&finished, count] {
          bench::burn(1, static_cast<std::uint64_t>(call_times(count)));
          finished.done();
        });
      }
      finished.wait();
    });
  });
}

const bench::Register kCall1{"foreign/call@1", 1, call<1>};
const bench::Register kCall2{"foreign/call@2", 2, call<2>};

}  // namespace
