// Pool: take an object and give it back, from one and two threads.
#include <array>

#include "bench/micro/harness.h"
#include "weft/runtime.h"
#include "weft/sync/pool.h"
#include "weft/sync/wait_group.h"

namespace {

struct Event {
  std::array<std::uint64_t, 8> words{};
};

// The workers share `count` operations; each keeps its object alive for one store.
template <int Workers>
void get_put(const std::string& name) {
  weft::Pool<Event> pool{[] { return Event{}; }, [](Event& event) { event.words[0] = 0; }};
  bench::emit_each(name, [&pool](std::uint64_t count) {
    return bench::timed([&pool, count] {
      weft::WaitGroup finished;
      finished.add(Workers);
      for (int worker = 0; worker < Workers; ++worker) {
        weft::go([&pool, &finished, each = count / Workers] {
          for (std::uint64_t i = 0; i < each; ++i) {
            auto event = pool.get();
            event->words[0] = i;
          }
          finished.done();
        });
      }
      finished.wait();
    });
  });
}

const bench::Register kGetPut1{"pool/get_put@1", 1, get_put<1>};
const bench::Register kGetPut2{"pool/get_put@2", 2, get_put<2>};

}  // namespace
