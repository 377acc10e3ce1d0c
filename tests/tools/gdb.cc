// A program to be stopped in look_at_me(), with goroutines in every state. gdb.py looks at it with tools/gdb/weft.py.
#include <atomic>
#include <chrono>
#include <cstdint>

#include "weft/weft.h"

// For gdb's `eval`.
std::uint64_t waiter_id = 0;
std::uint64_t sleeper_id = 0;
std::uint64_t ready_id = 0;
std::uint64_t running_id = 0;
std::atomic<bool> looked_at{false};

namespace {

[[gnu::noinline]] int wait_for_number(const weft::Chan<int>& numbers) { return numbers.recv().value_or(0) + 1; }

[[gnu::noinline]] void look_at_me() { asm volatile(""); }

int rounds() {
  weft::set_max_procs(1);
  weft::set_goroutine_name("looker");
  running_id = weft::goroutine_id();
  auto numbers = weft::make_chan<int>();
  auto waiter = weft::spawn({.name = "waiter"}, [numbers] {
    waiter_id = weft::goroutine_id();
    return wait_for_number(numbers);
  });
  auto sleeper = weft::spawn({.name = "sleeper"}, [] {
    sleeper_id = weft::goroutine_id();
    weft::sleep_for(std::chrono::milliseconds(1));
  });
  while (waiter_id == 0 || sleeper_id == 0) weft::yield();
  auto ready = weft::spawn({.name = "ready"}, [] {
    ready_id = weft::goroutine_id();
    while (!looked_at) weft::yield();
    return 1;
  });
  while (ready_id == 0) weft::yield();
  look_at_me();  // here `ready` waits for its turn, or the monitor has just given it one
  looked_at = true;
  numbers.send(1);
  sleeper.join();
  return waiter.join() + ready.join() == 3 ? 0 : 1;
}

}  // namespace

int main() { return weft::run(rounds); }
