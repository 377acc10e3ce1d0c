// How scenario 9 is measured: C calls that keep nothing in their thread, and ping-pong with a free goroutine.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "lab/04_foreign_call_per_item/foreign.h"
#include "lab/support/program.h"
#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/sync.h"

namespace lab {

inline std::int64_t foreign_call(std::int64_t number) {
  std::int64_t score = 0;
  lab_score(number, 7, &score);
  return score;
}

/// Times `one_call` on one goroutine and on two at a time.
template <class Call>
void measure_calls(const Arguments& arguments, Report& report, Call one_call) {
  const std::int64_t calls = arguments.integer("calls");
  const auto least = arguments.milliseconds("measure-ms");
  auto block = [&] {
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < calls; ++i) sum += one_call(i);
    return sum;
  };
  report.set("score_sum", block());
  const double each = per_operation(least, calls, block);
  report.set("call_ns", each);
  report.set("calls_per_s", 1e9 / each);
  const double both = per_operation(least, 2 * calls, [&] {
    weft::WaitGroup pending;
    for (int i = 0; i < 2; ++i) pending.go([&] { block(); });
    pending.wait();
  });
  report.set("calls_per_s_two", 1e9 / both);
}

/// Times a round trip between a free goroutine and this one, which holds what `prepare` returns: a pin, or nothing.
template <class Prepare>
void measure_ping_pong(const Arguments& arguments, Report& report, Prepare prepare) {
  const std::int64_t trips = arguments.integer("trips");
  auto there = weft::make_chan<std::int64_t>();
  auto back = weft::make_chan<std::int64_t>();
  weft::go([there, back] {
    while (auto value = there.recv()) back.send(*value + 1);
  });
  [[maybe_unused]] const auto held = prepare();
  report.set("round_trip_ns", per_operation(arguments.milliseconds("measure-ms"), trips, [&] {
               for (std::int64_t i = 0; i < trips; ++i) {
                 there.send(i);
                 if (back.recv() == i + 1) continue;
                 std::fputs("another value came back\n", stderr);
                 std::exit(1);
               }
             }));
  there.close();
}

}  // namespace lab
