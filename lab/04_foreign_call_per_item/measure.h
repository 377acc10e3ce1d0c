// How scenario 4 is measured: passes over the items, and a ticking goroutine beside blocking C calls.
#pragma once

#include "lab/04_foreign_call_per_item/items.h"
#include "lab/support/program.h"
#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/sync.h"
#include "weft/time.h"

namespace lab {

/// Times one pass over all items, on one goroutine and on two at a time.
template <class Pass>
void measure_items(const Arguments& arguments, Report& report, Pass pass) {
  const std::vector<lab_item> items = make_items(arguments.size("items"));
  const auto count = static_cast<std::int64_t>(items.size());
  const auto least = arguments.milliseconds("measure-ms");
  const Tally result = pass(items);
  report.set("score_sum", result.sum);
  report.set("failed", result.failed);
  const double each = per_operation(least, count, [&] { pass(items); });
  report.set("item_ns", each);
  report.set("items_per_s", 1e9 / each);
  const double both = per_operation(least, 2 * count, [&] {
    weft::WaitGroup pending;
    for (int i = 0; i < 2; ++i) pending.go([&] { pass(items); });
    pending.wait();
  });
  report.set("items_per_s_two", 1e9 / both);
}

/// Has as many goroutines as processors in `block_once` and measures how late a ticking one is.
template <class BlockOnce>
void measure_others(const Arguments& arguments, Report& report, BlockOnce block_once) {
  const std::size_t ticks = arguments.size("ticks");
  const std::chrono::nanoseconds period = arguments.microseconds("tick-us");
  auto stop = weft::make_chan<void>();
  weft::WaitGroup pending;
  for (std::int64_t i = 0; i < arguments.integer("blockers"); ++i) {
    pending.go([&] {
      while (!stop.try_recv().closed) block_once();
    });
  }
  std::vector<std::int64_t> late;
  late.reserve(ticks);
  for (std::size_t i = 0; i < ticks; ++i) {
    const Clock::time_point asleep = Clock::now();
    weft::sleep_for(period);
    late.push_back((Clock::now() - asleep - period).count());
  }
  stop.close();
  pending.wait();
  report.set("late_p50_ms", milliseconds_of(percentile(late, .5)));
  report.set("late_p99_ms", milliseconds_of(percentile(late, .99)));
  report.set("late_max_ms", milliseconds_of(percentile(late, 1)));
}

}  // namespace lab
