// A program for valgrind's memcheck: stacks that are switched between, used again and built anew, frames large and
// deep, exceptions, channels, select, timers. memcheck.py says what must come out.
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "sched/stack_pool.h"
#include "weft/weft.h"

namespace {

using namespace std::chrono_literals;

// A frame of some size a level, written and read.
int deep(int levels) {
  std::array<int, 200> frame;
  frame.fill(levels);
  weft::yield();
  return levels == 0 ? 0 : frame[static_cast<std::size_t>(levels % 200)] + deep(levels - 1);
}

// More at once than memcheck would take for a push, if it did not know the stack's bounds.
int wide() {
  std::array<char, 150 << 10> buffer;
  buffer.fill(1);
  weft::yield();
  return std::accumulate(buffer.begin(), buffer.end(), 0);
}

int caught_length(int i) {
  try {
    if (i % 2 == 0) throw std::runtime_error("number " + std::to_string(i));
    weft::yield();
    throw i;
  } catch (const std::exception& error) {
    weft::yield();  // parks with an exception in flight
    return static_cast<int>(std::string(error.what()).size());
  } catch (int number) {
    return number % 10;
  }
}

int thousand_senders() {
  auto results = weft::make_chan<int>(16);
  for (int i = 0; i < 1'000; ++i) {
    weft::go([i, results, text = std::string(100, 'x')] {
      results.send(static_cast<int>(text.size()) + deep(i % 7) + caught_length(i));
    });
  }
  int sum = 0;
  for (int i = 0; i < 1'000; ++i) sum += results.recv().value_or(0);
  return sum;
}

int selected() {
  auto numbers = weft::make_chan<int>();
  auto words = weft::make_chan<std::string>();
  auto producer = weft::spawn([=] {
    for (int i = 0; i < 50; ++i) numbers.send(i);
    words.send(std::string(40, 'w'));
  });
  int sum = 0;
  for (bool done = false; !done;) {
    weft::select(weft::on_recv(numbers, [&](std::optional<int> n) { sum += n.value_or(0); }),
                 weft::on_recv(words, [&](std::optional<std::string> word) { done = word.has_value(); }));
  }
  producer.join();
  return sum;
}

// Rounds of the same: the first on new stacks, the second on used ones, the third on some whose pages went back.
int rounds() {
  int sum = 0;
  for (int round = 0; round < 3; ++round) {
    sum += thousand_senders() + selected();
    sum += weft::spawn([] { return deep(40); }).join() + weft::spawn([] { return wide(); }).join();
    weft::sleep_for(1ms);
    weft::sched::stack_pool().trim(weft::sched::StackPool::Trim::kAll);
    weft::sched::stack_pool().trim(weft::sched::StackPool::Trim::kAll);
  }
  return sum;
}

}  // namespace

int main(int argc, char**) {
  const int sum = weft::run([] { return rounds(); });
  std::printf("sum %d\n", sum);
  if (argc == 1) return 0;
  return weft::run([] {  // the control: one real error, in a goroutine
    const auto unset = std::make_unique_for_overwrite<volatile int[]>(4);
    return unset[2] == 7 ? 1 : 0;
  });
}
