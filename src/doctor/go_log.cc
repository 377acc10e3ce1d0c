#include "doctor/go_log.h"

#include <algorithm>
#include <array>
#include <optional>

#include "doctor/go_log_records.h"
#include "doctor/text_scan.h"

namespace weft::doctor {
namespace {

constexpr std::size_t kMostRecords = 1'000'000;

template <class Record>
void append_newest(std::vector<Record>& records, Record record) {
  if (records.size() >= kMostRecords) records.erase(records.begin(), records.begin() + kMostRecords / 2);
  records.push_back(std::move(record));
}

class LogReader {
 public:
  explicit LogReader(Evidence& evidence) : evidence_(evidence) {}

  void line(std::string_view line) {
    if (in_detail_ && detail_line(line)) return;
    if (trim(line) == "GC forced") {
      ++counts_.forced_notices;
      return;
    }
    records_of(line);
  }

  const GoLogCounts& counts() const noexcept { return counts_; }

 private:
  // Whatever stands in front, a record starts with one of four words; a line may hold more than one.
  void records_of(std::string_view line) {
    static constexpr std::array<std::string_view, 4> kStarts{"gc ", "SCHED ", "init ", "scav "};
    std::array<std::size_t, kStarts.size()> next{};
    for (std::size_t i = 0; i < kStarts.size(); ++i) next[i] = line.find(kStarts[i]);
    while (true) {
      const auto first = static_cast<std::size_t>(std::min_element(next.begin(), next.end()) - next.begin());
      if (next[first] == std::string_view::npos) return;
      Cursor at(line.substr(next[first] + kStarts[first].size()));
      record(kStarts[first].front(), at);
      next[first] = line.find(kStarts[first], next[first] + 1);
    }
  }

  void record(char start, Cursor& at) {
    switch (start) {
      case 'g':
        if (const auto cycle = read_gc_cycle(at)) add_cycle(*cycle);
        break;
      case 'S':
        if (auto line = read_sched_line(at)) add_sched_line(std::move(*line), at.rest());
        break;
      case 'i':
        if (auto line = read_init_line(at)) add_init_line(std::move(*line));
        break;
      default:
        counts_.scavenger_lines += read_scavenger_line(at) ? 1 : 0;
    }
  }

  // Of a program that was started again, only the last run tells of the program as it is.
  void add_cycle(const GcCycle& cycle) {
    const std::vector<GcCycle>& before = evidence_.gc_cycles;
    const bool new_run =
        before.empty() || (cycle.number <= before.back().number && cycle.at_seconds <= before.back().at_seconds);
    if (new_run) {
      ++counts_.runs;
      evidence_.gc_cycles.clear();
    }
    ++counts_.gc_cycles;
    append_newest(evidence_.gc_cycles, cycle);
  }

  void add_sched_line(SchedLine line, std::string_view rest) {
    if (!evidence_.sched_lines.empty() && line.at_ms < evidence_.sched_lines.back().at_ms) {
      evidence_.sched_lines.clear();
    }
    in_detail_ = rest.find("gcwaiting=") != std::string_view::npos;
    if (in_detail_) line.locked_goroutines = 0;
    ++counts_.sched_lines;
    append_newest(evidence_.sched_lines, std::move(line));
  }

  void add_init_line(InitLine line) {
    if (!evidence_.init_lines.empty() && line.at_ms < evidence_.init_lines.back().at_ms) evidence_.init_lines.clear();
    ++counts_.init_lines;
    append_newest(evidence_.init_lines, std::move(line));
  }

  // scheddetail's lines behind a SCHED line: "  P0: status=1 ... runqsize=3 ...", "  G7: ... lockedm=3".
  bool detail_line(std::string_view line) {
    const std::size_t queue = line.find(" runqsize=");
    if (queue != std::string_view::npos) {
      Cursor at(line.substr(queue + 10));
      const auto length = at.integer();
      std::vector<std::int64_t>& queues = evidence_.sched_lines.back().local_queues;
      if (length && *length >= 0 && queues.size() < kMostProcessors) queues.push_back(std::min(*length, kMostQueued));
      return true;
    }
    const std::size_t locked = line.find(" lockedm=");
    if (locked != std::string_view::npos) {
      Cursor at(line.substr(locked + 9));
      const auto machine = at.integer();  // "nil", and -1 before Go 1.20, say none
      if (machine && *machine >= 0) ++*evidence_.sched_lines.back().locked_goroutines;
      return true;
    }
    return line.find(" lockedg=") != std::string_view::npos;
  }

  static constexpr std::size_t kMostProcessors = 1 << 16;
  static constexpr std::int64_t kMostQueued = 1'000'000'000;

  Evidence& evidence_;
  GoLogCounts counts_;
  bool in_detail_ = false;
};

}  // namespace

GoLogCounts read_go_log(Evidence& evidence, std::string_view log) {
  LogReader reader(evidence);
  for_each_line(log, [&](std::string_view line) { reader.line(line); });
  return reader.counts();
}

}  // namespace weft::doctor
