// Channels: a round trip, a stream of items, and both ends in one goroutine.
#include "weft/chan.h"

#include "bench/micro/harness.h"
#include "weft/runtime.h"

namespace {

using Item = std::int64_t;

// There and back over two unbuffered channels: four channel operations.
void round_trip(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    auto there = weft::make_chan<Item>();
    auto back = weft::make_chan<Item>();
    weft::Task<void> echo = weft::spawn([there, back] {
      for (Item item : there) back.send(item);
    });
    const bench::Nanoseconds elapsed = bench::timed([&] {
      for (std::uint64_t i = 0; i < count; ++i) {
        there.send(static_cast<Item>(i));
        back.recv();
      }
    });
    there.close();
    echo.join();
    return elapsed;
  });
}

// One goroutine sends, one receives, 128 items may wait.
void buffered_item(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    return bench::timed([count] {
      auto items = weft::make_chan<Item>(128);
      weft::go([items, count] {
        for (std::uint64_t i = 0; i < count; ++i) items.send(static_cast<Item>(i));
        items.close();
      });
      while (items.recv()) {
      }
    });
  });
}

void uncontended(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    auto items = weft::make_chan<Item>(128);
    return bench::timed([&] {
      for (std::uint64_t i = 0; i < count; ++i) {
        items.send(static_cast<Item>(i));
        items.recv();
      }
    });
  });
}

const bench::Register kRoundTrip1{"chan/round_trip@1", 1, round_trip};
const bench::Register kRoundTrip2{"chan/round_trip@2", 2, round_trip};
const bench::Register kBuffered1{"chan/buffered_item@1", 1, buffered_item};
const bench::Register kBuffered2{"chan/buffered_item@2", 2, buffered_item};
const bench::Register kUncontended{"chan/uncontended@1", 1, uncontended};

}  // namespace
