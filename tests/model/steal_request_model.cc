// Taking a processor from a machine in user code: the real Section, the real hand-shake of src/sched/steal_request.h.
//
// A processor has one holder: whoever acts for it writes its plain word, so two at once are a data race or a wrong
// count.
#define WEFT_MODEL_REAL_MACHINE
#include "sched/steal_request.h"

#include <gtest/gtest.h>

#include "explorer/model.h"
#include "explorer/shim.h"

namespace weft::detail {

extern "C" {
constinit thread_local MachineHead* weft_current_machine = nullptr;
}

struct Processor {
  int holders = 0;  // plain: who holds the processor writes it
  int used = 0;
};

}  // namespace weft::detail

namespace {

using weft::detail::MachineHead;
using weft::detail::Processor;

struct World {
  MachineHead machine;
  Processor processor;
  int entries = 0;  // by the machine, inside, with the processor
  int lost = 0;     // entries that found it gone
  bool stolen = false;
};
World* world = nullptr;

void use(Processor& p) {
  model::check(++p.holders == 1, "two hold one processor");
  ++p.used;
  --p.holders;
}

// One entry of the machine into the runtime, as goroutines make them. The machine's pointer is set here, since all of a
// model's threads are one thread of the system.
void enter_and_leave() {
  weft::detail::weft_current_machine = &world->machine;
  const weft::detail::Section section;
  Processor* p = world->machine.p.load(std::memory_order_relaxed);
  if (p == nullptr) {
    ++world->lost;
  } else {
    use(*p);
    ++world->entries;
  }
  weft::detail::weft_current_machine = &world->machine;
}

model::Report explore(model::Options options, int entries, int attempts) {
  return model::explore(options, [=] {
    world = new World;
    weft::detail::weft_current_machine = &world->machine;
    world->machine.inside.store(false);
    world->machine.p.store(&world->processor);
    model::thread("machine", [=] {
      for (int i = 0; i < entries; ++i) enter_and_leave();
    });
    model::thread("monitor", [=] {
      for (int i = 0; i < attempts && !world->stolen; ++i) {
        Processor* p = weft::sched::try_take_processor(world->machine, [] { model::membarrier(); });
        if (p == nullptr) continue;
        world->stolen = true;
        use(*p);
      }
    });
    model::finally([=] {
      model::check(world->processor.used == world->entries + (world->stolen ? 1 : 0), "every use is one holder's");
      model::check(world->lost + world->entries == entries, "every entry found the processor or found it gone");
      model::check(world->lost == 0 || world->stolen, "it is gone only if somebody took it");
      const auto request = world->machine.request.load();
      model::check(request == weft::detail::StealRequest::kNone || (world->stolen && world->lost == 0),
                   "a request is left behind");
    });
  });
}

TEST(StealRequest, AProcessorHasOneHolder) {
  model::expect_holds(explore({.name = "steal, 2 entries, 1 attempt"}, 2, 1));
  model::expect_holds(explore({.name = "steal, 2 entries, 2 attempts"}, 2, 2));
  model::expect_holds(explore({.name = "steal, 3 entries, 2 attempts"}, 3, 2));
}

TEST(StealRequest, ControlWithoutMembarrierItBreaks) {
  model::expect_breaks(explore({.name = "steal without membarrier", .defect = model::Defect::kNoMembarrier}, 2, 1), "");
}

TEST(StealRequest, ControlWithoutCompilerBarrierItBreaks) {
  model::expect_breaks(
      explore({.name = "steal without compiler barrier", .defect = model::Defect::kNoCompilerBarrier}, 2, 1), "");
}

}  // namespace

namespace weft::detail {

void enter_slow() noexcept { sched::answer_steal_request(world->machine); }

}  // namespace weft::detail
