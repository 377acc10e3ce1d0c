// Stacks of every class, used to different depths and reused: no stack is two goroutines', none is handed out dirty of
// pages given back at the wrong moment.
#include <cstring>
#include <vector>

#include "sched/stack_pool.h"
#include "stress/stress.h"
#include "weft/time.h"

namespace weft::stress {
namespace {

constexpr std::size_t kFrameBytes = 512;

// Writes a pattern into each frame, lets others run at the bottom, and looks whether it still stands on the way back.
[[gnu::noinline]] int descend(std::size_t bytes, unsigned char mark, Random& random) {
  volatile unsigned char frame[kFrameBytes];
  for (std::size_t i = 0; i < kFrameBytes; i += 64) frame[i] = static_cast<unsigned char>(mark + i);
  int wrong = 0;
  if (bytes > 2 * kFrameBytes) {
    wrong = descend(bytes - 2 * kFrameBytes, static_cast<unsigned char>(mark + 1), random);
  } else {
    for (int i = pick(random, 1, 3); i > 0; --i) yield();
    if (pick(random, 0, 3) == 0) sleep_for(std::chrono::microseconds(50));
  }
  for (std::size_t i = 0; i < kFrameBytes; i += 64) wrong += frame[i] != static_cast<unsigned char>(mark + i);
  return wrong;
}

TEST(StacksStress, EveryGoroutineHasItsStackToItself) {
  watched_rounds([](Random& random) {
    std::vector<Task<int>> tasks;
    for (int i = pick(random, 1, 50); i > 0; --i) {
      const std::size_t stack_bytes = std::size_t{1} << pick(random, 14, 22);
      const std::size_t usable = std::max<std::size_t>(stack_bytes, 64 << 10) / 4;  // some of it is the frames' own
      const auto depth =
          static_cast<std::size_t>(pick(random, 0, static_cast<int>(stack_bytes < (64 << 10) ? 1'000 : usable)));
      tasks.push_back(spawn({.stack_bytes = stack_bytes},
                            [depth, mark = static_cast<unsigned char>(i), mine = Random(random())]() mutable {
                              return descend(depth, mark, mine);
                            }));
      if (pick(random, 0, 9) == 0) sched::stack_pool().trim(sched::StackPool::Trim::kHalf);
    }
    for (Task<int>& task : tasks) EXPECT_EQ(task.join(), 0);
    sched::stack_pool().trim(sched::StackPool::Trim::kHalf);
  });
}

}  // namespace
}  // namespace weft::stress
