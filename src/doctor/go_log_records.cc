#include "doctor/go_log_records.h"

#include <array>
#include <cstddef>

namespace weft::doctor {
namespace {

constexpr std::size_t kMostProcessors = 1 << 16;  // of one schedtrace line

// The arrow of "4->5->3 MB"; container engines write it into JSON, which spells '>' as an escape.
bool skip_arrow(Cursor& at) noexcept { return at.skip("->") || at.skip("-\\u003e") || at.skip("-\\u003E"); }

struct Numbers {
  std::array<double, 8> values{};
  std::array<char, 8> before{};  // what stood in front of each: 0, '+', '/', '>'
  std::size_t count = 0;
};

// "0.29+0.34+0.006", "0.58+0.042/0.098/0.21+0.013", "3->4->3", "12".
Numbers read_numbers(Cursor& at) {
  Numbers numbers;
  char before = 0;
  while (numbers.count < numbers.values.size()) {
    const std::optional<double> value = at.number();
    if (!value) break;
    numbers.values[numbers.count] = *value;
    numbers.before[numbers.count++] = before;
    if (at.skip("+")) {
      before = '+';
    } else if (at.skip("/")) {
      before = '/';
    } else if (skip_arrow(at)) {
      before = '>';
    } else {
      break;
    }
  }
  return numbers;
}

// Old runtimes had more phases: the first and the last stop the world, what lies between does not.
void set_clock(GcCycle& cycle, const Numbers& n) {
  cycle.stop_sweep_ms = n.values[0];
  for (std::size_t i = 1; i + 1 < n.count; ++i) cycle.concurrent_ms += n.values[i];
  if (n.count > 1) cycle.stop_mark_ms = n.values[n.count - 1];
}

// a + b/c/d + e: assists, dedicated and fractional workers, idle workers stand around the slashes.
void set_cpu(GcCycle& cycle, const Numbers& n) {
  for (std::size_t i = 1; i + 1 < n.count; ++i) {
    if (n.before[i] != '/' || n.before[i + 1] != '/') continue;
    cycle.assist_cpu_ms = n.values[i - 1];
    cycle.background_cpu_ms = n.values[i];
    cycle.idle_cpu_ms = n.values[i + 1];
    return;
  }
}

// One part of the list behind the colon, and what it says. False: it is none.
bool read_gc_part(Cursor& at, GcCycle& cycle) {
  const Numbers n = read_numbers(at);
  if (n.count == 0) return false;
  at.skip_blanks();
  if (at.skip("ms clock")) {
    set_clock(cycle, n);
  } else if (at.skip("ms cpu")) {
    set_cpu(cycle, n);
  } else if (at.skip("MB goal")) {
    cycle.goal_mb = n.values[0];
  } else if (at.skip("MB stacks") || at.skip("MB globals")) {
    // known, and no rule reads them
  } else if (n.count == 3 && n.before[2] == '>' && at.skip("MB")) {
    cycle.heap_start_mb = n.values[0];
    cycle.heap_end_mb = n.values[1];
    cycle.heap_live_mb = n.values[2];
  } else if (n.count == 1 && n.values[0] <= 1e6 && at.skip("P")) {
    cycle.processors = static_cast<int>(n.values[0]);
  } else {
    return false;
  }
  return true;
}

std::optional<std::int64_t> read_field(Cursor& at, std::string_view name) {
  at.skip_blanks();
  if (!at.skip(name) || !at.skip("=")) return std::nullopt;
  return at.integer();
}

template <class Number>
bool set_field(Cursor& at, std::string_view name, Number& target) {
  const std::optional<std::int64_t> value = read_field(at, name);
  if (!value || *value < 0 || *value > 2'000'000'000) return false;
  target = static_cast<Number>(*value);
  return true;
}

void read_local_queues(Cursor& at, SchedLine& line) {
  at.skip_blanks();
  if (!at.skip("[")) return;  // scheddetail: they follow in lines of their own
  while (line.local_queues.size() < kMostProcessors) {
    at.skip_blanks();
    const std::optional<std::int64_t> length = at.integer();
    if (!length || *length < 0 || *length > 2'000'000'000) break;
    line.local_queues.push_back(*length);
  }
  at.skip_blanks();
  at.skip("]");
}

}  // namespace

std::optional<GcCycle> read_gc_cycle(Cursor& at) {
  GcCycle cycle;
  const auto number = at.integer();
  if (!number || *number < 0 || !at.skip(" @")) return std::nullopt;
  const auto seconds = at.number();
  if (!seconds || !at.skip("s ")) return std::nullopt;
  const auto percent = at.number();
  if (!percent || !at.skip("%")) return std::nullopt;
  at.skip(" (checking for goroutine leaks)");
  if (!at.skip(":")) return std::nullopt;
  cycle.number = *number;
  cycle.at_seconds = *seconds;
  cycle.total_percent = *percent;
  int parts = 0;
  do {
    at.skip_blanks();
    if (!read_gc_part(at, cycle)) break;
    ++parts;
  } while (at.skip(","));
  at.skip_blanks();
  cycle.forced = at.skip("(forced)");
  if (parts < 3) return std::nullopt;  // cut off before anything that a rule needs
  return cycle;
}

std::optional<SchedLine> read_sched_line(Cursor& at) {
  SchedLine line;
  const auto milliseconds = at.number();
  if (!milliseconds || !at.skip("ms:")) return std::nullopt;
  line.at_ms = *milliseconds;
  if (!set_field(at, "gomaxprocs", line.processors)) return std::nullopt;
  if (!set_field(at, "idleprocs", line.idle_processors)) return std::nullopt;
  if (!set_field(at, "threads", line.threads)) return std::nullopt;
  set_field(at, "spinningthreads", line.spinning_threads);
  read_field(at, "needspinning");  // since Go 1.20
  if (!set_field(at, "idlethreads", line.idle_threads)) return std::nullopt;
  if (!set_field(at, "runqueue", line.global_queue)) return std::nullopt;
  read_local_queues(at, line);
  return line;
}

std::optional<InitLine> read_init_line(Cursor& at) {
  InitLine line;
  const std::string_view package = at.word();
  if (package.empty() || package.size() > 4096 || !at.skip(" @")) return std::nullopt;
  const auto begin = at.number();
  if (!begin || !at.skip(" ms, ")) return std::nullopt;
  const auto clock = at.number();
  if (!clock || !at.skip(" ms clock, ")) return std::nullopt;
  const auto bytes = at.integer();
  if (!bytes || !at.skip(" bytes, ")) return std::nullopt;
  const auto allocations = at.integer();
  if (!allocations || !at.skip(" allocs")) return std::nullopt;
  line.package = std::string(package);
  line.at_ms = *begin;
  line.clock_ms = *clock;
  line.bytes = *bytes;
  line.allocations = *allocations;
  return line;
}

// "0 KiB work (bg), 0 KiB work (eager), 5728 KiB now, 96% util"; before Go 1.21 without "(bg)".
bool read_scavenger_line(Cursor& at) {
  if (!at.number() || !at.skip(" KiB work")) return false;
  return at.skip(" (bg), ") || at.skip(", ");
}

}  // namespace weft::doctor
