// Goroutines that block their threads, with and without saying so: the others go on, and everybody comes back.
#include <unistd.h>
#include <array>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "stress/stress.h"
#include "weft/time.h"

namespace weft::stress {
namespace {

using std::chrono::microseconds;

class Pipe {
 public:
  Pipe() {
    if (::pipe(ends_.data()) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  }
  ~Pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  char read() const {
    char byte = 0;
    EXPECT_EQ(::read(ends_[0], &byte, 1), 1);
    return byte;
  }
  void write(char byte) const { EXPECT_EQ(::write(ends_[1], &byte, 1), 1); }

 private:
  std::array<int, 2> ends_{};
};

// The reader blocks in read() until the writer, another goroutine, gets to run: with one processor that takes the
// monitor.
TEST(BlockingStress, AReaderNeverKeepsItsWriterFromRunning) {
  watched_rounds([](Random& random) {
    const int pairs = pick(random, 1, 4);
    const int bytes = pick(random, 1, 4);
    std::vector<std::unique_ptr<Pipe>> pipes;
    std::vector<Task<void>> tasks;
    for (int i = 0; i < pairs; ++i) {
      pipes.push_back(std::make_unique<Pipe>());
      Pipe& pipe = *pipes.back();
      tasks.push_back(spawn([&pipe, bytes, announced = pick(random, 0, 2) == 0] {
        for (int k = 0; k < bytes; ++k) {
          const char got = announced ? blocking([&pipe] { return pipe.read(); }) : pipe.read();
          EXPECT_EQ(got, static_cast<char>(k));
        }
      }));
      tasks.push_back(spawn([&pipe, bytes, mine = Random(random())]() mutable {
        for (int k = 0; k < bytes; ++k) {
          if (pick(mine, 0, 1) == 0) sleep_for(microseconds(pick(mine, 0, 300)));
          pipe.write(static_cast<char>(k));
        }
      }));
    }
    for (Task<void>& task : tasks) task.join();
  });
}

struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void call_the_runtime(Random& random, int depth) {
  blocking([&] {
    switch (pick(random, 0, 5)) {
      case 0:
        yield();
        break;
      case 1:
        sleep_for(microseconds(pick(random, 0, 50)));
        break;
      case 2:
        EXPECT_EQ(spawn([depth] { return depth; }).join(), depth);
        break;
      case 3:
        if (depth > 0) call_the_runtime(random, depth - 1);
        break;
      case 4:
        throw Refused("by level " + std::to_string(depth));
      default:
        burn(2'000);
    }
  });
}

TEST(BlockingStress, BlockingScopesNestThrowAndCallTheRuntime) {
  watched_rounds([](Random& random) {
    std::atomic<int> returned{0};
    std::atomic<int> thrown{0};
    int calls = 0;
    std::vector<Task<void>> tasks;
    for (int i = pick(random, 1, 20); i > 0; --i) {
      const int mine = pick(random, 1, 15);
      calls += mine;
      tasks.push_back(spawn([&, mine, own = Random(random())]() mutable {
        for (int k = 0; k < mine; ++k) {
          try {
            call_the_runtime(own, 3);
            ++returned;
          } catch (const Refused&) {
            ++thrown;
          }
        }
      }));
    }
    for (Task<void>& task : tasks) task.join();
    EXPECT_EQ(returned + thrown, calls);
  });
}

// Spinners make way for the others though they never call weft.
TEST(BlockingStress, SpinnersDoNotKeepTheOthersFromRunning) {
  watched_rounds([](Random& random) {
    std::atomic<bool> stop{false};
    std::vector<Task<void>> spinners;
    for (int i = pick(random, 1, 3); i > 0; --i) {
      spinners.push_back(spawn([&stop] {
        while (!stop) burn(100);
      }));
    }
    std::vector<Task<void>> others;
    for (int i = pick(random, 1, 10); i > 0; --i) others.push_back(spawn([] { yield(); }));
    for (Task<void>& other : others) other.join();
    stop = true;
    for (Task<void>& spinner : spinners) spinner.join();
  });
}

}  // namespace
}  // namespace weft::stress
