// Select: one case fires, its value goes over once, the losers leave nothing behind, and no rendezvous is missed.
#include "sync/select_core.cc"

#include "channel_fixture.h"
#include "timer_fixture.h"

namespace {

using model::ChanCore;
using model::check;
using model::Landing;
using model::Parcel;
using weft::detail::SelectFrame;

struct Fired {
  std::size_t index;
  bool ok;
  int value;  // received; for a send: what is left with the sender
};

// Receives from each of the channels, or sends to those whose number is in `sends`; waits until one can proceed.
template <std::size_t N>
Fired select(ChanCore* const (&channels)[N], unsigned sends = 0,
             weft::detail::MonotonicNanos timeout = weft::detail::kNever) {
  SelectFrame<N> frame;
  Landing landings[N];
  std::optional<Parcel> parcels[N];
  for (std::size_t i = 0; i < N; ++i) {
    const bool is_send = (sends >> i & 1) != 0;
    parcels[i].emplace(static_cast<int>(100 + i));
    frame[i] = {
        .core = channels[i], .slot = is_send ? static_cast<void*>(&*parcels[i]) : &landings[i], .sends = is_send};
  }
  if (timeout != weft::detail::kNever) frame.request().add_timeout(N - 1, timeout);
  const std::size_t fired = frame.run();
  for (std::size_t i = 0; i < N; ++i) {
    const bool went = i == fired && frame[i].ok;
    check((parcels[i]->value == 0) == (went && frame[i].sends), "a value is taken from the case that fired only");
    check(landings[i].has_value() == (went && !frame[i].sends), "a value arrives at the case that fired only");
  }
  const int value = landings[fired].has_value() ? landings[fired]->value : parcels[fired]->value;
  return {fired, frame[fired].ok, value};
}

void expect_idle(ChanCore* channel) {
  check(channel->check() && channel->senders.empty() && channel->receivers.empty(),
        "nothing is left in a channel's lists");
}

TEST(Select, ReceivesFromWhicheverComes) {
  const auto report = model::explore({.name = "select: two senders"}, [] {
    ChanCore* const a = model::make_channel(0);
    ChanCore* const b = model::make_channel(0);
    model::thread("select", [=] {
      int sum = 0;
      for (int i = 0; i < 2; ++i) {
        const Fired fired = select({a, b});
        check(fired.ok && fired.value == (fired.index == 0 ? 1 : 2), "the value of that channel");
        sum += fired.value;
      }
      check(sum == 3, "one of each");
    });
    model::thread("sender a", [=] { model::send(a, 1); });
    model::thread("sender b", [=] { model::send(b, 2); });
    model::finally([=] { expect_idle(a), expect_idle(b); });
  });
  model::expect_holds(report);
}

// Each would do for the other only in opposite directions of two channels.
model::Report two_selects(model::Defect defect) {
  return model::explore({.name = "select: two meet", .defect = defect}, [] {
    ChanCore* const a = model::make_channel(0);
    ChanCore* const b = model::make_channel(0);
    auto* fired = new Fired[2]{};
    model::thread("select 0", [=] { fired[0] = select({a, b}, 0b01); });
    model::thread("select 1", [=] { fired[1] = select({a, b}, 0b10); });
    model::finally([=] {
      check(fired[0].index == fired[1].index && fired[0].ok && fired[1].ok, "they meet in one channel");
      const int received = fired[0].index == 0 ? fired[1].value : fired[0].value;
      check(received == 100 + static_cast<int>(fired[0].index), "the value goes over");
      expect_idle(a), expect_idle(b);
    });
  });
}

TEST(Select, TwoSelectsMeetInOneChannel) { model::expect_holds(two_selects(model::Defect::kNone)); }

// A select and a plain receiver want the same value; the select may also get another one, or the end.
TEST(Select, ALoserLeavesNothingBehind) {
  const auto report = model::explore({.name = "select: against a plain receiver"}, [] {
    ChanCore* const a = model::make_channel(0);
    ChanCore* const b = model::make_channel(1);
    auto* fired = new Fired{};
    auto* got = new int(-1);
    model::thread("select", [=] { *fired = select({a, b}); });
    model::thread("receiver", [=] { *got = model::receive(a); });
    model::thread("sender", [=] {
      model::send(a, 1);
      model::send(b, 2);
      a->close();
    });
    model::finally([=] {
      const bool select_got_it = fired->index == 0 && fired->ok;
      check(*got == (select_got_it ? 0 : 1), "one of the two gets the value");
      check(!fired->ok || fired->value == (fired->index == 0 ? 1 : 2), "the value of that channel");
      expect_idle(a), expect_idle(b);
    });
  });
  model::expect_holds(report);
}

TEST(Select, CloseWakesItOnce) {
  const auto report = model::explore({.name = "select: close and send"}, [] {
    ChanCore* const a = model::make_channel(0);
    ChanCore* const b = model::make_channel(1);
    auto* fired = new Fired{};
    model::thread("select", [=] { *fired = select({a, b}); });
    model::thread("closer", [=] { a->close(); });
    model::thread("sender", [=] { model::send(b, 2); });
    model::finally([=] {
      check(fired->index == 0 ? !fired->ok : fired->value == 2, "the end of a, or the value of b");
      check(b->count.load() == (fired->index == 0 ? 1u : 0u), "the value is taken or still there");
      expect_idle(a), expect_idle(b);
    });
  });
  model::expect_holds(report);
}

TEST(Select, ATimeoutOrAValue) {
  const auto report = model::explore({.name = "select: timeout"}, [] {
    ChanCore* const a = model::make_channel(1);
    auto* fired = new Fired{};
    model::add_clock(0);
    model::thread("select", [=] { *fired = select({a, nullptr}, 0, model::kLater); });
    model::thread("sender", [=] { model::send(a, 1); });
    model::finally([=] {
      check(a->count.load() == (fired->index == 0 ? 0u : 1u), "the value is taken or still there");
      expect_idle(a);
    });
  });
  model::expect_holds(report);
}

// The same channel twice, in both directions: a select does not meet itself, but each of two does meet the other.
TEST(Select, OneChannelInBothDirections) {
  const auto report = model::explore({.name = "select: both directions"}, [] {
    ChanCore* const a = model::make_channel(0);
    auto* fired = new Fired[2]{};
    for (int i = 0; i < 2; ++i) model::thread("select", [=] { fired[i] = select({a, a}, 0b01); });
    model::finally([=] {
      check(fired[0].index + fired[1].index == 1, "one sends and the other receives");
      expect_idle(a);
    });
  });
  model::expect_holds(report);
}

TEST(Select, ControlWithoutLocksItBreaks) { model::expect_breaks(two_selects(model::Defect::kNoLocks), ""); }

}  // namespace
