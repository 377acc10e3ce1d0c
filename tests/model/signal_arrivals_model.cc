// Signals that arrive on several threads while they are taken: none is lost, none is given out before what came before
// it, and what was done before one arrived is there for whoever takes it.
#include "app/signal_arrivals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "explorer/model.h"

namespace {

using model::check;

struct Signals {
  weft::app::SignalArrivals<2> arrivals;
  std::array<int, 3> done{};  // plain: written before its number is noted, read by the taker
  std::array<int, 8> order{};
  std::size_t count = 0;

  void take() {
    const auto taken = arrivals.take();
    for (std::size_t i = 0; i < taken.count; ++i) order[count++] = taken.numbers[i];
  }
  bool is(std::initializer_list<int> wanted) const {
    return std::equal(wanted.begin(), wanted.end(), order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count));
  }
};

model::Report repeated(model::Options options) {
  return model::explore(options, [] {
    auto* signals = new Signals;
    model::thread("raiser", [=] {
      for (const int number : {1, 2, 1}) signals->arrivals.note(number);
    });
    model::thread("taker", [=] {
      signals->take();
      signals->take();
    });
    model::finally([=] {
      signals->take();
      check(signals->is({1, 2}) || signals->is({1, 2, 1}), "each is given out, in the order of arrival");
    });
  });
}

TEST(SignalArrivals, OneThatComesAgainKeepsItsPlace) { model::expect_holds(repeated({.name = "signals: repeated"})); }

TEST(SignalArrivals, WhatCameAfterItIsNotGivenOutBefore) {
  model::expect_holds(model::explore({.name = "signals: two raisers"}, [] {
    auto* signals = new Signals;
    model::thread("raiser", [=] { signals->arrivals.note(1); });
    model::thread("raiser", [=] {
      signals->arrivals.note(1);
      signals->arrivals.note(2);
    });
    model::thread("taker", [=] { signals->take(); });
    model::finally([=] {
      signals->take();
      check(signals->is({1, 2}) || signals->is({1, 2, 1}) || signals->is({1, 1, 2}), "1 before 2, and neither lost");
    });
  }));
}

// The greater number is looked at last: it may be there although the smaller one, which came before, was not yet.
model::Report against_the_scan(model::Options options) {
  return model::explore(options, [] {
    auto* signals = new Signals;
    model::thread("raiser", [=] {
      for (const int number : {1, 2}) {
        signals->done[static_cast<std::size_t>(number)] = 1;
        signals->arrivals.note(number);
      }
    });
    model::thread("taker", [=] {
      signals->take();
      for (std::size_t i = 0; i < signals->count; ++i)
        check(signals->done[static_cast<std::size_t>(signals->order[i])] == 1, "what was done before is there");
    });
    model::finally([=] {
      signals->take();
      check(signals->is({1, 2}), "in the order of arrival");
    });
  });
}

TEST(SignalArrivals, ALookThatIsOvertakenKeepsTheOrder) {
  model::expect_holds(against_the_scan({.name = "signals: against the scan"}));
}

TEST(SignalArrivals, ControlWithoutOrderingsItBreaks) {
  model::expect_breaks(against_the_scan({.name = "signals without orderings", .defect = model::Defect::kRelaxedOrders}),
                       "");
}

TEST(SignalArrivals, ControlWithATornExchangeItBreaks) {
  model::expect_breaks(repeated({.name = "signals with a torn exchange", .defect = model::Defect::kTornExchange}), "");
}

}  // namespace
