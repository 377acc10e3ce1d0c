// Group as golang.org/x/sync/errgroup's suite describes its Group: the first failure cancels the rest and is what
// wait() gives.
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>

#include "conformance/conformance.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/error.h"
#include "weft/select.h"
#include "weft/sync/group.h"

namespace {

using conformance::settle;
using weft::make_chan;

class ErrgroupConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ErrgroupConformance);

std::string message_of_wait(weft::Group& group) {
  try {
    group.wait();
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "none";
}

TEST_P(ErrgroupConformance, WithoutAFailureWaitReturns) {
  perform([] {
    weft::Group group{weft::Context{}};
    std::atomic<int> ran{0};
    for (int i = 0; i < 20; ++i) group.go([&ran](weft::Context) { ++ran; });
    group.wait();
    EXPECT_EQ(ran, 20);
  });
}

TEST_P(ErrgroupConformance, AnEmptyGroupWaitsForNothing) {
  perform([] {
    weft::Group group{weft::Context{}};
    group.wait();
  });
}

// The second failure comes only after the first has cancelled the context.
TEST_P(ErrgroupConformance, TheFirstFailureIsTheOneThatWaitRethrows) {
  perform([] {
    weft::Group group{weft::Context{}};
    group.go([](weft::Context context) {
      context.done().recv();
      throw std::runtime_error("second");
    });
    group.go([](weft::Context) { throw std::runtime_error("first"); });
    group.go([](weft::Context) {});
    EXPECT_EQ(message_of_wait(group), "first");
  });
}

TEST_P(ErrgroupConformance, AFailureCancelsTheContextOfTheOthers) {
  perform([] {
    weft::Group group{weft::Context{}};
    std::atomic<int> cancelled{0};
    for (int i = 0; i < 5; ++i) {
      group.go([&cancelled](weft::Context context) {
        context.done().recv();
        EXPECT_EQ(context.error(), weft::errc::cancelled);
        ++cancelled;
      });
    }
    settle();
    EXPECT_EQ(cancelled, 0);
    group.go([](weft::Context) { throw std::runtime_error("stop"); });
    EXPECT_EQ(message_of_wait(group), "stop");
    EXPECT_EQ(cancelled, 5);
  });
}

TEST_P(ErrgroupConformance, TheParentsCancellationReachesTheGroup) {
  perform([] {
    auto [parent, cancel] = weft::with_cancel(weft::Context{});
    weft::Group group{parent};
    group.go([](weft::Context context) {
      context.done().recv();
      EXPECT_EQ(context.error(), weft::errc::cancelled);
    });
    cancel();
    group.wait();
  });
}

TEST_P(ErrgroupConformance, NoMoreRunThanTheLimitAllows) {
  perform([] {
    constexpr int kLimit = 3;
    weft::Group group{weft::Context{}};
    group.set_limit(kLimit);
    std::atomic<int> active{0};
    std::atomic<int> ran{0};
    for (int i = 0; i < 200; ++i) {
      group.go([&](weft::Context) {
        EXPECT_LE(++active, kLimit);
        weft::yield();
        --active;
        ++ran;
      });
    }
    group.wait();
    EXPECT_EQ(ran, 200);
  });
}

TEST_P(ErrgroupConformance, TryGoStartsOnlyBelowTheLimit) {
  perform([] {
    weft::Group group{weft::Context{}};
    group.set_limit(2);
    auto release = make_chan<void>();
    std::atomic<int> ran{0};
    const auto work = [&](weft::Context) {
      release.recv();
      ++ran;
    };
    EXPECT_TRUE(group.try_go(work));
    EXPECT_TRUE(group.try_go(work));
    EXPECT_FALSE(group.try_go(work));
    release.send();
    conformance::until([&] { return group.try_go(work); });
    release.close();
    group.wait();
    EXPECT_EQ(ran, 3);
  });
}

TEST_P(ErrgroupConformance, WithoutALimitTryGoAlwaysStarts) {
  perform([] {
    weft::Group group{weft::Context{}};
    auto release = make_chan<void>();
    for (int i = 0; i < 50; ++i) {
      EXPECT_TRUE(group.try_go([release](weft::Context) { release.recv(); }));
    }
    release.close();
    group.wait();
  });
}

TEST_P(ErrgroupConformance, TheLimitMayNotChangeWhileSomeRun) {
  perform([] {
    weft::Group group{weft::Context{}};
    group.set_limit(1);
    auto release = make_chan<void>();
    group.go([release](weft::Context) { release.recv(); });
    EXPECT_THROW(group.set_limit(2), weft::usage_error);
    release.close();
    group.wait();
  });
}

// In Go zero starts nothing any more and less means no limit; weft refuses both and has a name for "no limit".
TEST_P(ErrgroupConformance, TheLimitMayChangeBetweenTwoWaits) {
  perform([] {
    weft::Group group{weft::Context{}};
    auto release = make_chan<void>();
    const auto work = [release](weft::Context) { release.recv(); };
    for (int limit : {2, 1, 3}) {
      group.set_limit(limit);
      for (int i = 0; i < limit; ++i) EXPECT_TRUE(group.try_go(work));
      EXPECT_FALSE(group.try_go(work));
      for (int i = 0; i < limit; ++i) release.send();
      group.wait();
    }
    EXPECT_THROW(group.set_limit(0), weft::usage_error);
    EXPECT_THROW(group.set_limit(-1), weft::usage_error);
    group.set_limit(weft::Group::kUnlimited);
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(group.try_go(work));
    release.close();
    group.wait();
  });
}

// With or without a failure the context ends when all is over, and its cause is the failure.
TEST_P(ErrgroupConformance, WaitEndsTheContext) {
  perform([] {
    weft::Group fine{weft::Context{}};
    fine.go([](weft::Context) {});
    fine.wait();
    EXPECT_EQ(fine.context().error(), weft::errc::cancelled);

    weft::Group failed{weft::Context{}};
    failed.go([](weft::Context) { throw std::runtime_error("the cause"); });
    EXPECT_EQ(message_of_wait(failed), "the cause");
    ASSERT_NE(failed.context().cause(), nullptr);
    try {
      std::rethrow_exception(failed.context().cause());
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "the cause");
    }
  });
}

// A pipeline in the manner of the package's own example: a producer, workers, results; one bad item ends it all.
TEST_P(ErrgroupConformance, APipelineEndsWithItsFirstBadItem) {
  perform([] {
    weft::Group group{weft::Context{}};
    auto items = make_chan<int>();
    group.go([items](weft::Context context) {
      bool over = false;
      for (int i = 0; !over; ++i) {
        weft::select(weft::on_send(items, i, [] {}), weft::on_done(context, [&over] { over = true; }));
      }
      items.close();
    });
    for (int worker = 0; worker < 4; ++worker) {
      group.go([items](weft::Context) {
        for (int& item : items) {
          if (item == 500) throw std::runtime_error("bad item");
        }
      });
    }
    EXPECT_EQ(message_of_wait(group), "bad item");
  });
}

}  // namespace
