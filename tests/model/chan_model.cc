// The channel: values arrive once, in order, with what their senders did before; close ends every wait.
#include "channel_fixture.h"

namespace {

using model::Attempt;
using model::ChanCore;
using model::check;

std::string name(const char* what, int capacity) {
  return std::string(what) + ", capacity " + std::to_string(capacity);
}

model::Report one_to_one(int capacity, int values, model::Defect defect = model::Defect::kNone) {
  return model::explore({.name = name("one sender, one receiver", capacity), .defect = defect}, [=] {
    ChanCore* channel = model::make_channel(capacity);
    model::thread("sender", [=] {
      for (int i = 1; i <= values; ++i) check(model::send(channel, i) == Attempt::kDone, "an open channel takes it");
    });
    model::thread("receiver", [=] {
      for (int i = 1; i <= values; ++i) check(model::receive(channel) == i, "in the order sent");
    });
    model::finally([=] { check(channel->check(), "the channel's invariants"); });
  });
}

TEST(Chan, OneToOneInOrder) {
  model::expect_holds(one_to_one(0, 3));
  model::expect_holds(one_to_one(1, 4));
  model::expect_holds(one_to_one(2, 5));
}

model::Report many(int capacity, int senders, int receivers) {
  return model::explore({.name = name("many", capacity)}, [=] {
    struct Shared {
      ChanCore* channel;
      int got[4] = {};
    };
    auto* shared = new Shared{model::make_channel(capacity)};
    for (int s = 1; s <= senders; ++s) {
      model::thread("sender",
                    [=] { check(model::send(shared->channel, s) == Attempt::kDone, "an open channel takes it"); });
    }
    for (int r = 0; r < receivers; ++r) {
      model::thread("receiver", [=] {
        for (int i = r; i < senders; i += receivers) shared->got[i] = model::receive(shared->channel);
      });
    }
    model::finally([=] {
      int sum = 0;
      for (int i = 0; i < senders; ++i) sum += shared->got[i] * shared->got[i];
      check(sum == senders * (senders + 1) * (2 * senders + 1) / 6, "each value arrives once");
      check(shared->channel->check() && shared->channel->senders.empty() && shared->channel->receivers.empty(),
            "nobody is left");
    });
  });
}

TEST(Chan, ManyToManyEachValueOnce) {
  model::expect_holds(many(0, 2, 1));
  model::expect_holds(many(0, 2, 2));
  model::expect_holds(many(1, 2, 2));
  model::expect_holds(many(1, 3, 1));
  model::expect_holds(many(0, 3, 2));
  model::expect_holds(many(1, 3, 2));
}

// A sender, a receiver, and somebody who closes at any moment.
model::Report close_race(int capacity) {
  return model::explore({.name = name("close", capacity)}, [=] {
    struct Shared {
      ChanCore* channel;
      Attempt sent = Attempt::kNotReady;
      int got = -1, after = -1;
    };
    auto* shared = new Shared{model::make_channel(capacity)};
    model::thread("sender", [=] { shared->sent = model::send(shared->channel, 7); });
    model::thread("receiver", [=] {
      shared->got = model::receive(shared->channel);
      shared->after = model::receive(shared->channel);
    });
    model::thread("closer", [=] { check(shared->channel->close(), "closed once"); });
    model::finally([=] {
      check(shared->got == (shared->sent == Attempt::kDone ? 7 : 0), "received if and only if sent");
      check(shared->after == 0, "then the end");
      check(shared->channel->check(), "the channel's invariants");
    });
  });
}

TEST(Chan, CloseEndsEveryWaitAndLosesNothing) {
  model::expect_holds(close_race(0));
  model::expect_holds(close_race(1));
}

TEST(Chan, OfTwoClosesOneCounts) {
  const auto report = model::explore({.name = "two closes"}, [] {
    ChanCore* channel = model::make_channel(0);
    auto* closed = new int[2]{};
    for (int i = 0; i < 2; ++i) model::thread("closer", [=] { closed[i] = channel->close() ? 1 : 0; });
    for (int i = 0; i < 2; ++i) model::thread("receiver", [=] { check(model::receive(channel) == 0, "the end"); });
    model::finally([=] { check(closed[0] + closed[1] == 1, "one of them closed it"); });
  });
  model::expect_holds(report);
}

// try_* decide without the lock where a peek can: what they say must be true of some moment.
TEST(Chan, TryOperationsAgreeWithWhatHappened) {
  const auto report = model::explore({.name = "try"}, [] {
    struct Shared {
      ChanCore* channel = model::make_channel(1);
      Attempt sent = Attempt::kNotReady;
      int first = -1, second = -1;
    };
    auto* shared = new Shared;
    model::thread("sender", [=] {
      shared->sent = model::send(shared->channel, 7, false);
      shared->channel->close();
    });
    model::thread("receiver", [=] {
      shared->first = model::receive(shared->channel, false);
      shared->second = model::receive(shared->channel, false);
    });
    model::finally([=] {
      check(shared->sent == Attempt::kDone, "there was room");
      check(shared->first == 7 || shared->first == -1, "the value comes before the end");
      check(shared->second != 0 || shared->first == 7, "the end comes after the value");
      check(shared->first != 7 || shared->second != 7, "the value comes once");
    });
  });
  model::expect_holds(report);
}

// What happens before receive n is visible after send n + capacity: a buffered channel is a semaphore.
TEST(Chan, AReceiveOrdersTheSendThatItMadeRoomFor) {
  const auto report = model::explore({.name = "semaphore"}, [] {
    ChanCore* channel = model::make_channel(1);
    auto* guarded = new int(0);
    for (int i = 0; i < 2; ++i) {
      model::thread("user", [=] {
        model::send(channel, 1);
        ++*guarded;  // plain: two at once would race
        model::receive(channel);
      });
    }
    model::finally([=] { check(*guarded == 2, "both were in"); });
  });
  model::expect_holds(report);
}

TEST(Chan, ControlWithoutItsLockItBreaks) { model::expect_breaks(one_to_one(1, 2, model::Defect::kNoLocks), ""); }

}  // namespace
