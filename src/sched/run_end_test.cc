// The end of run(): who goes on, and when.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "weft/chan.h"
#include "weft/runtime.h"

namespace weft {
namespace {

TEST(EndOfRun, TheOthersGoOnWhileItsThreadWaitsAfterwards) {
  auto hello = make_chan<int>();
  Task<int> late;
  run([&] {
    late = spawn([hello] {
      hello.send(3);
      return 4;
    });
  });
  EXPECT_EQ(hello.recv(), 3);
  EXPECT_EQ(late.join(), 4);
}

TEST(EndOfRun, TheFirstToReturnDoesNotStopAnother) {
  std::atomic<bool> first_has_returned{false};
  auto second_runs = make_chan<void>();
  std::thread second([&] {
    EXPECT_EQ(run([&] {
                second_runs.send();
                while (!first_has_returned) yield();
                return spawn([] { return 5; }).join();
              }),
              5);
  });
  run([&] { second_runs.recv(); });
  first_has_returned = true;
  second.join();
}

}  // namespace
}  // namespace weft
