// Once and Lazy as Go's Once, OnceFunc and OnceValue suites describe them, but for a call that fails.
#include <atomic>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "conformance/conformance.h"
#include "weft/sync/lazy.h"
#include "weft/sync/once.h"

namespace {

using conformance::Crew;
using conformance::settle;

class OnceConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(OnceConformance);

// The counter is plain: who returns from call() sees what the one call did.
TEST_P(OnceConformance, OneOfManyCallsAndAllSeeTheResult) {
  perform([] {
    for (int round = 0; round < 50; ++round) {
      weft::Once once;
      int calls = 0;
      Crew crew(side());
      for (int i = 0; i < 10; ++i) {
        crew.go([&] {
          once.call([&] {
            weft::yield();
            ++calls;
          });
          EXPECT_EQ(calls, 1);
        });
      }
      crew.join();
      EXPECT_EQ(calls, 1);
    }
  });
}

TEST_P(OnceConformance, CallersWaitUntilTheFirstCallReturns) {
  perform([] {
    weft::Once once;
    std::atomic<bool> inside{false};
    std::atomic<bool> may_return{false};
    std::atomic<int> returned{0};
    Crew crew(side());
    crew.go([&] {
      once.call([&] {
        inside = true;
        conformance::until([&] { return may_return.load(); });
      });
    });
    conformance::until([&] { return inside.load(); });
    for (int i = 0; i < 3; ++i) {
      crew.go([&] {
        once.call([] { ADD_FAILURE() << "called twice"; });
        ++returned;
      });
    }
    settle();
    EXPECT_EQ(returned, 0);
    may_return = true;
    crew.join();
    EXPECT_EQ(returned, 3);
  });
}

// Go counts a call that panics as done; weft, as std::call_once, tries again.
TEST_P(OnceConformance, ACallThatThrowsLeavesItNotDone) {
  perform([] {
    weft::Once once;
    for (int i = 0; i < 2; ++i) {
      EXPECT_THROW(once.call([] { throw std::runtime_error("failed"); }), std::runtime_error);
    }
    int calls = 0;
    once.call([&calls] { ++calls; });
    once.call([&calls] { ++calls; });
    EXPECT_EQ(calls, 1);
  });
}

TEST_P(OnceConformance, AFailedCallHandsOverToAWaitingCaller) {
  perform([] {
    weft::Once once;
    std::atomic<bool> inside{false};
    std::atomic<bool> may_fail{false};
    std::atomic<int> succeeded{0};
    Crew crew(side());
    crew.go([&] {
      EXPECT_THROW(once.call([&] {
        inside = true;
        conformance::until([&] { return may_fail.load(); });
        throw std::runtime_error("failed");
      }),
                   std::runtime_error);
    });
    conformance::until([&] { return inside.load(); });
    for (int i = 0; i < 3; ++i) {
      crew.go([&] { once.call([&] { ++succeeded; }); });
    }
    settle();
    may_fail = true;
    crew.join();
    EXPECT_EQ(succeeded, 1);
  });
}

TEST_P(OnceConformance, LazyMakesItsValueOnce) {
  perform([] {
    std::atomic<int> calls{0};
    weft::Lazy<std::string> greeting{[&calls] {
      ++calls;
      return std::string("made once");
    }};
    EXPECT_EQ(calls, 0);
    Crew crew(side());
    for (int i = 0; i < 10; ++i) {
      crew.go([&] { EXPECT_EQ(*greeting, "made once"); });
    }
    crew.join();
    EXPECT_EQ(greeting->size(), 9U);
    EXPECT_EQ(calls, 1);
  });
}

// Go's OnceValue panics again with the first value; weft rethrows and makes the value at the next use.
TEST_P(OnceConformance, LazyTriesAgainAfterAFailure) {
  perform([] {
    int calls = 0;
    weft::Lazy<int> value{[&calls]() -> int {
      if (++calls <= 2) throw std::runtime_error("attempt " + std::to_string(calls));
      return calls;
    }};
    for (int attempt = 1; attempt <= 2; ++attempt) {
      try {
        *value;
        ADD_FAILURE() << "attempt " << attempt << " succeeded";
      } catch (const std::runtime_error& e) {
        EXPECT_EQ(e.what(), "attempt " + std::to_string(attempt));
      }
    }
    EXPECT_EQ(*value, 3);
    EXPECT_EQ(*value, 3);
  });
}

// What is no std::exception is a failure as any other, down to the null that Go's suite panics with.
TEST_P(OnceConformance, WhateverACallThrowsPassesThrough) {
  perform([] {
    weft::Once once;
    EXPECT_THROW(once.call([] { throw nullptr; }), std::nullptr_t);
    EXPECT_THROW(once.call([] { throw 7; }), int);
    EXPECT_FALSE(once.done());
    bool fails = true;
    weft::Lazy<int> value{[&fails] {
      if (std::exchange(fails, false)) throw nullptr;
      return 1;
    }};
    EXPECT_THROW(*value, std::nullptr_t);
    EXPECT_EQ(*value, 1);
  });
}

// What the maker held goes when the Lazy goes, whether it ran or not.
TEST_P(OnceConformance, LazyReleasesWhatItHolds) {
  perform([] {
    auto resource = std::make_shared<int>(3);
    {
      weft::Lazy<std::shared_ptr<int>> used{[resource] { return resource; }};
      weft::Lazy<std::shared_ptr<int>> unused{[resource] { return resource; }};
      EXPECT_EQ(**used, 3);
    }
    EXPECT_EQ(resource.use_count(), 1);
  });
}

}  // namespace
