// A goroutine that is pinned to its thread, in a ping-pong with one that is free.
#include "bench/micro/harness.h"
#include "weft/chan.h"
#include "weft/runtime.h"

namespace {

void ping_pong(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    auto there = weft::make_chan<int>();
    auto back = weft::make_chan<int>();
    weft::Task<void> echo = weft::spawn([there, back] {
      weft::ThreadPin pin;
      for (int item : there) back.send(item);
    });
    const bench::Nanoseconds elapsed = bench::timed([&] {
      for (std::uint64_t i = 0; i < count; ++i) {
        there.send(1);
        back.recv();
      }
    });
    there.close();
    echo.join();
    return elapsed;
  });
}

const bench::Register kPingPong{"pin/round_trip@2", 2, ping_pong};

}  // namespace
