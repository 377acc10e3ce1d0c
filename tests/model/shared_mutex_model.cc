// SharedMutex: a writer is alone, readers that count themselves in without a fence included; nobody waits for ever.
#include "sync/chan_context.cc"
#include "sync/mutex.cc"
#include "sync/select_core.cc"
#include "sync/shared_mutex.cc"
#include "sync/wait.cc"

#include "channel_fixture.h"
#include "no_contexts.h"
#include "timer_fixture.h"

namespace weft {
void yield() noexcept {}
int max_procs() noexcept { return 4; }
namespace os {
void membarrier() noexcept { model::membarrier(); }
}  // namespace os
}  // namespace weft

namespace {

using model::check;

struct Shared {
  weft::SharedMutex mutex;
  int value = 0;  // plain: a reader beside a writer is a race
  int half = 0;

  /// Enough reads for the readers to be counted in their processors' slots from now on.
  void turn_on_bias() {
    for (int i = 0; i < 100; ++i) {
      mutex.lock_shared();
      mutex.unlock_shared();
    }
  }
  void read() {
    mutex.lock_shared();
    check(value == half, "no reader sees half a write");
    mutex.unlock_shared();
  }
  void write() {
    mutex.lock();
    ++value;
    ++half;
    mutex.unlock();
  }
};

model::Report explore(bool biased, int readers, int writers, model::Options options) {
  options.bounded_spins = true;
  return model::explore(options, [=] {
    auto* shared = new Shared;
    if (biased) shared->turn_on_bias();
    for (int i = 0; i < readers; ++i) model::thread("reader", [=] { shared->read(); });
    for (int i = 0; i < writers; ++i) model::thread("writer", [=] { shared->write(); });
    model::finally([=] {
      check(shared->value == writers, "every writer wrote");
      check(shared->mutex.try_lock(), "nobody is left inside");
    });
  });
}

TEST(SharedMutex, UnbiasedReadersAndAWriter) {
  model::expect_holds(explore(false, 1, 1, {.name = "shared mutex, unbiased, 1 reader"}));
  model::expect_holds(explore(false, 2, 1, {.name = "shared mutex, unbiased, 2 readers"}));
}

TEST(SharedMutex, BiasedReadersAndAWriter) {
  model::expect_holds(explore(true, 1, 1, {.name = "shared mutex, biased, 1 reader"}));
  model::expect_holds(explore(true, 2, 1, {.name = "shared mutex, biased, 2 readers"}));
}

// The next writer may come between the two halves of the last one's unlock.
TEST(SharedMutex, TwoWriters) {
  model::expect_holds(explore(true, 0, 2, {.name = "shared mutex, biased, 2 writers"}));
  model::expect_holds(explore(false, 1, 2, {.name = "shared mutex, unbiased, 2 writers, 1 reader"}));
}

// A goroutine moves while it reads: it leaves on another processor than it came on.
TEST(SharedMutex, AReaderLeavesElsewhere) {
  const auto report = model::explore({.name = "shared mutex, moving reader", .bounded_spins = true}, [] {
    auto* shared = new Shared;
    shared->turn_on_bias();
    model::thread("arrives", [=] {
      shared->mutex.lock_shared();
      check(shared->value == shared->half, "no reader sees half a write");
      model::ready(1);
    });
    model::thread("leaves", [=] {
      model::park();
      check(shared->value == shared->half, "the reader is still inside");
      shared->mutex.unlock_shared();
    });
    model::thread("writer", [=] { shared->write(); });
    model::finally([=] { check(shared->mutex.try_lock(), "nobody is left inside"); });
  });
  model::expect_holds(report);
}

// Once a writer is in, no reader touches the mutex any more: the writer may destroy it.
TEST(SharedMutex, AWriterThatIsInIsTheLastToUseIt) {
  const auto report = model::explore({.name = "shared mutex, destroyed by a writer", .bounded_spins = true}, [] {
    auto* shared = new Shared;
    shared->turn_on_bias();
    shared->mutex.lock_shared();
    model::thread("reader", [=] { shared->mutex.unlock_shared(); });
    model::thread("writer", [=] {
      shared->mutex.lock();
      shared->mutex.unlock();
      static_cast<void>(shared->mutex.try_lock_shared());  // a step on all of it: before and after are explored
      delete shared;
    });
  });
  model::expect_holds(report);
}

TEST(SharedMutex, ControlWithoutMembarrierItBreaks) {
  model::expect_breaks(
      explore(true, 1, 1, {.name = "shared mutex without membarrier", .defect = model::Defect::kNoMembarrier}), "");
}

TEST(SharedMutex, ControlWithoutCompilerBarrierItBreaks) {
  model::expect_breaks(
      explore(true, 1, 1,
              {.name = "shared mutex without compiler barrier", .defect = model::Defect::kNoCompilerBarrier}),
      "");
}

}  // namespace
