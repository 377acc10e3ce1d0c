// How scenario 12 is measured: every parse on a fresh goroutine.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "lab/12_deep_recursion/parser.h"
#include "lab/support/program.h"
#include "weft/runtime.h"

namespace lab {

// A stack that takes 10,000 levels of recursion. It costs address space only; pages are taken as they are touched. The
// default (256 KiB) takes some thousands, and what is deeper ends in a report.
inline constexpr std::size_t kDeepStackBytes = std::size_t{4} << 20;

template <class Parse>
Parsed parse_on_fresh_goroutine(Parse& parse, const std::string& text, std::size_t stack_bytes) {
  return weft::spawn({.name = "parser", .stack_bytes = stack_bytes}, [&] { return parse(text); }).join();
}

/// Parses one very deep input and prints what came of it; a stack that overflows ends the process instead.
template <class Parse>
void measure_overflow(const Arguments& arguments, Parse& parse) {
  const Parsed result = parse_on_fresh_goroutine(parse, nested(arguments.size("depth")), kDeepStackBytes);
  Report report;
  report.set("outcome", result.outcome == ParseOutcome::parsed ? "parsed" : "refused");
  report.print();
}

template <class Parse>
void measure_depth(const Arguments& arguments, Report& report, const std::string& name, std::size_t stack_bytes,
                   Parse& parse) {
  const std::string text = nested(arguments.size(name + "-depth"));
  const std::int64_t parses = arguments.integer(name + "-parses");
  const Parsed first = parse_on_fresh_goroutine(parse, text, stack_bytes);
  report.set(name + "_value", first.value);
  std::int64_t done = 0;
  const std::int64_t faults = page_faults();
  const double each = per_operation(arguments.milliseconds("measure-ms"), parses, [&] {
    done += parses;
    for (std::int64_t i = 0; i < parses; ++i) {
      if (parse_on_fresh_goroutine(parse, text, stack_bytes) == first) continue;
      std::fputs("the same text gave another value\n", stderr);
      std::exit(1);
    }
  });
  report.set(name + "_ns", each);
  report.set(name + "_faults", static_cast<double>(page_faults() - faults) / static_cast<double>(done));
}

/// 60 deep, then 10,000 deep; or, in the phase `overflow`, one input that is far deeper.
template <class Parse>
void measure(const Arguments& arguments, Parse parse) {
  if (arguments.text("phase") == "overflow") return measure_overflow(arguments, parse);
  Report report;
  measure_depth(arguments, report, "shallow", 0, parse);
  measure_depth(arguments, report, "deep", kDeepStackBytes, parse);
  report.set("peak_rss_mb", megabytes_of(peak_resident_bytes()));
  report.print();
}

}  // namespace lab
