// Whole programs on channels that Go's suites keep as tests: chains, rings, worker pools, races of close and receive.
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/select.h"

namespace {

using conformance::Crew;
using conformance::in_runtime;
using weft::make_chan;

class ChanProgramConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ChanProgramConformance);

// Each link waits for its left neighbour before it takes its value: values meet links in the order of the chain.
TEST_P(ChanProgramConformance, AChainTakesValuesInItsOwnOrder) {
  perform([] {
    constexpr int kLinks = 10;
    auto values = make_chan<int>();
    auto first = make_chan<void>();
    auto left = first;
    Crew crew(side());
    for (int i = 0; i < kLinks; ++i) {
      auto right = make_chan<void>();
      crew.go([values, left, right, i] {
        left.recv();
        EXPECT_EQ(values.recv(), i);
        right.send();
      });
      left = right;
    }
    first.send();
    for (int i = 0; i < kLinks; ++i) values.send(i);
    left.recv();
  });
}

TEST_P(ChanProgramConformance, WorkersBetweenTwoQueuesLoseNothing) {
  perform([] {
    constexpr int kWorkers = 23;
    constexpr int kJobs = 20'000;
    const std::array<int, 5> numbers{2, 3, 5, 7, 11};
    auto jobs = make_chan<int>(kWorkers * 3);
    auto results = make_chan<int>(kWorkers * 3);
    long expected = 0;
    for (int i = 0; i < kJobs; ++i) expected += numbers[static_cast<std::size_t>(i) % numbers.size()];

    Crew workers(side());
    for (int w = 0; w < kWorkers; ++w) {
      workers.go([jobs, results, w] {
        for (int& job : jobs) {
          if (job == w) weft::yield();
          results.send(job);
        }
      });
    }
    Crew feeder(side());
    feeder.go([&] {
      for (int i = 0; i < kJobs; ++i) jobs.send(numbers[static_cast<std::size_t>(i) % numbers.size()]);
      jobs.close();
      workers.join();
      results.close();
    });
    long sum = 0;
    int count = 0;
    for (int& result : results) {
      sum += result;
      ++count;
    }
    EXPECT_EQ(count, kJobs);
    EXPECT_EQ(sum, expected);
  });
}

// The buffered value is there before, while and after the channel is closed: a receive that cannot block must find it
// or the end.
TEST_P(ChanProgramConformance, ANonBlockingReceiveSeesAChannelThatIsBeingClosedAsReady) {
  perform([] {
    for (int round = 0; round < 300; ++round) {
      auto c = make_chan<int>(1);
      c.send(1);
      Crew crew(side());
      crew.go([c] { EXPECT_FALSE(c.try_recv().empty); });
      c.close();
      c.recv();
    }
  });
}

// At every moment one of the two channels holds a value: the receiver that may not block must find one.
TEST_P(ChanProgramConformance, ASelectWithOtherwiseSeesThatOneOfTwoIsReady) {
  perform([] {
    for (int round = 0; round < 300; ++round) {
      auto first = make_chan<int>(1);
      auto second = make_chan<int>(round % 2);
      first.send(1);
      Crew crew(side());
      crew.go([first, second] {
        bool found = true;
        weft::select(weft::on_recv(first, [](std::optional<int>) {}), weft::on_recv(second, [](std::optional<int>) {}),
                     weft::otherwise([&found] { found = false; }));
        EXPECT_TRUE(found);
      });
      if (round % 2 == 1) {
        second.send(1);
      } else {
        second.close();
      }
      first.try_recv();
    }
  });
}

TEST(ChanProgramGoroutinesConformance, AValueRunsThroughAChainOfTenThousandGoroutines) {
  in_runtime(4, [] {
    constexpr int kLinks = 10'000;
    auto leftmost = make_chan<int>();
    auto left = leftmost;
    for (int i = 0; i < kLinks; ++i) {
      auto right = make_chan<int>();
      weft::go([left, right] { left.send(right.recv().value() + 1); });
      left = right;
    }
    weft::go([left] { left.send(1); });
    EXPECT_EQ(leftmost.recv(), kLinks + 1);
  });
}

TEST(ChanProgramGoroutinesConformance, ATokenGoesRoundARingOfAThousand) {
  in_runtime(4, [] {
    constexpr int kNodes = 1'000;
    constexpr int kLaps = 20;
    std::vector<weft::Chan<int>> links;
    for (int i = 0; i < kNodes; ++i) links.push_back(make_chan<int>());
    Crew crew(conformance::Side::kGoroutines);
    for (std::size_t i = 0; i + 1 < links.size(); ++i) {
      crew.go([in = links[i], out = links[i + 1]] {
        for (int& token : in) out.send(token + 1);
        out.close();
      });
    }
    int token = 0;
    for (int lap = 0; lap < kLaps; ++lap) {
      links.front().send(token);
      token = links.back().recv().value();
    }
    links.front().close();
    EXPECT_EQ(links.back().recv(), std::nullopt);
    EXPECT_EQ(token, kLaps * (kNodes - 1));
  });
}

[[gnu::noinline]] int use_stack(int depth) {
  volatile char frame[512] = {};
  return depth == 0 ? frame[0] : use_stack(depth - 1) + frame[0];
}

TEST(ChanProgramGoroutinesConformance, AParkedGoroutinesStackStaysInItsPlace) {
  in_runtime(4, [] {
    constexpr int kValues = 100;
    auto c = make_chan<int*>();
    auto acknowledge = make_chan<void>();
    weft::go([c, acknowledge] {
      for (int i = 0; i < kValues; ++i) {
        int value = i;
        c.send(&value);
        acknowledge.recv();
        EXPECT_EQ(value, i + 1);
        EXPECT_EQ(use_stack(20), 0);
      }
      c.close();
    });
    int expected = 0;
    for (int*& value : c) {
      EXPECT_EQ(*value, expected++);
      ++*value;
      acknowledge.send();
    }
    EXPECT_EQ(expected, kValues);
  });
}

struct Response {
  std::unique_ptr<std::string> body;
  std::string error;
};

// A value that owns memory crosses from a goroutine that ends at once, by send and by select.
void request_repeatedly(bool by_select) {
  for (int i = 0; i < 200; ++i) {
    auto answer = make_chan<std::shared_ptr<Response>>();
    auto done = make_chan<void>();
    weft::go([answer, done, by_select] {
      auto response = std::make_shared<Response>(Response{nullptr, "an error that lives on the heap"});
      if (by_select) {
        weft::select(weft::on_send(answer, response, [] {}), weft::on_recv(done, [](bool) {}));
      } else {
        answer.send(std::move(response));
      }
    });
    std::shared_ptr<Response> response = answer.recv().value();
    weft::yield();
    ASSERT_EQ(response->error, "an error that lives on the heap");
  }
}

TEST(ChanProgramGoroutinesConformance, AnAnswerOutlivesTheGoroutineThatSentIt) {
  in_runtime(4, [] {
    Crew crew(conformance::Side::kGoroutines);
    for (int i = 0; i < 20; ++i) crew.go([i] { request_repeatedly(i % 2 == 0); });
  });
}

}  // namespace
