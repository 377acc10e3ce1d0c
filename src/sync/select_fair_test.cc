// Select chooses uniformly among the ready cases, and allocates nothing.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

#include "sched/sanitizer.h"
#include "sync/chan_test_support.h"
#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/select.h"

namespace {
std::atomic<long> allocations{0};
}

// The sanitizers have their own, and their own counts; under them nothing is counted.
#if !defined(WEFT_ASAN) && !defined(WEFT_TSAN)
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* p = std::malloc(bytes)) return p;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
#endif

namespace weft {
namespace {

using namespace std::chrono_literals;
using testing::BothWays;
using testing::name_of;
using testing::Where;

class SelectFairTest : public BothWays {};
WEFT_BOTH_WAYS(SelectFairTest);

constexpr int kTrials = 20000;

/// Chi-squared of `counts` against all equal.
template <class Counts>
double chi_squared(const Counts& counts) {
  double total = 0;
  for (int n : counts) total += n;
  const double expected = total / static_cast<double>(counts.size());
  double sum = 0;
  for (int n : counts) sum += (n - expected) * (n - expected) / expected;
  return sum;
}

// The quantiles of one in ten million, for 1, 2, 3 and 7 degrees of freedom.
constexpr double kLimit1 = 28.4, kLimit2 = 32.3, kLimit3 = 35.5, kLimit7 = 45.6;

TEST_P(SelectFairTest, EightReadyReceives) {
  run([] {
    std::array<Chan<int>, 8> c;
    for (auto& each : c) {
      each = make_chan<int>(1);
      each.send(1);
    }
    std::array<int, 8> counts{};
    for (int i = 0; i < kTrials; ++i) {
      const std::size_t fired = select(on_recv(c[0]), on_recv(c[1]), on_recv(c[2]), on_recv(c[3]), on_recv(c[4]),
                                       on_recv(c[5]), on_recv(c[6]), on_recv(c[7]));
      ++counts[fired];
      c[fired].send(1);
    }
    EXPECT_LT(chi_squared(counts), kLimit7);
  });
}

TEST_P(SelectFairTest, NeighboursOfTheUnreadyAreNotPreferred) {
  run([] {
    auto empty = make_chan<int>();
    auto closed = make_chan<int>();
    closed.close();
    std::array<int, 3> counts{};
    for (int i = 0; i < kTrials; ++i) {
      const std::size_t fired = select(on_recv(empty), on_recv(Chan<int>()), on_recv(closed), on_recv(empty),
                                       on_recv(empty), on_recv(closed), on_recv(closed));
      ++counts[fired == 2 ? 0 : fired - 4];
    }
    EXPECT_LT(chi_squared(counts), kLimit2);
  });
}

TEST_P(SelectFairTest, SendAndReceiveAreEqual) {
  run([] {
    auto c = make_chan<int>(2);
    auto signals = make_chan<void>(4);
    c.send(0);
    signals.send();
    std::array<int, 4> counts{};
    for (int i = 0; i < kTrials; ++i) {
      const std::size_t fired = select(on_recv(c), on_send(c, i), on_recv(signals), on_send(signals));
      ++counts[fired];
      if (fired == 0) c.send(0);
      if (fired == 1) c.recv();
      if (fired == 2) signals.send();
      if (fired == 3) signals.recv();
    }
    EXPECT_LT(chi_squared(counts), kLimit3);
  });
}

TEST_P(SelectFairTest, ParkedCasesOfOneChannelAreEqual) {
  run([] {
    auto c = make_chan<int>();
    auto fired = make_chan<std::size_t>();
    std::array<int, 3> counts{};
    auto selecting = spawn([&] {
      for (int i = 0; i < 3000; ++i) fired.send(select(on_send(c, 0), on_send(c, 1), on_send(c, 2)));
    });
    for (int i = 0; i < 3000; ++i) {
      testing::wait_for_senders(c, 3);
      const int value = *c.recv();
      ++counts[static_cast<std::size_t>(value)];
      EXPECT_EQ(*fired.recv(), static_cast<std::size_t>(value));
    }
    selecting.join();
    EXPECT_LT(chi_squared(counts), kLimit2);
  });
}

TEST_P(SelectFairTest, MoreCasesThanAWordHasBits) {
  run([] {
    auto closed = make_chan<void>();
    closed.close();
    auto open = make_chan<void>();
    Selector selector;
    for (int i = 0; i < 100; ++i) selector.recv(i == 3 || i == 99 ? closed : open);
    std::array<int, 2> counts{};
    for (int i = 0; i < kTrials; ++i) ++counts[selector.wait() == 3 ? 0 : 1];
    EXPECT_LT(chi_squared(counts), kLimit1);
  });
}

TEST_P(SelectFairTest, AllocatesNothing) {
  run([] {
    auto in = make_chan<int>();
    auto out = make_chan<int>();
    auto echo = spawn([&] {
      for (int i : in) select(on_send(out, i), on_timeout(1h));
    });
    const auto round = [&](int i) {
      int got = -1;
      in.send(i);
      select(on_recv(out, [&](std::optional<int> v) { got = *v; }), on_timeout(1h), on_recv(Chan<int>()));
      EXPECT_EQ(got, i);
      select(on_recv(out), otherwise());
      select(on_recv(out), on_timeout(1us));
    };
    for (int i = 0; i < 10; ++i) round(i);
    const long before = allocations;
    for (int i = 0; i < 100; ++i) round(i);
    EXPECT_EQ(allocations, before);
    in.close();
    echo.join();
  });
}

TEST_P(SelectFairTest, ASelectorThatIsKeptAllocatesNothing) {
  run([] {
    auto c = make_chan<int>(1);
    int value = 1;
    Selector selector;
    selector.recv(c, [](std::optional<int>) {});
    selector.send(c, value);
    selector.timeout(1h);
    selector.wait();
    const long before = allocations;
    for (int i = 0; i < 100; ++i) selector.wait();
    EXPECT_EQ(allocations, before);
  });
}

}  // namespace
}  // namespace weft
