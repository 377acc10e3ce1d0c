// doctor/evidence.h: all that is known about one service, from whatever source it came; the rules read nothing else.
//
// A field that is absent was not given. A rule that needs it says "cannot judge", and which flag or file would help;
// absence is never health. Times are seconds, sizes bytes, shares 0..1 unless a name says otherwise.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pprof/profile.h"

namespace weft::doctor {

/// One metric's distribution: counts[i] observations lie in [bounds[i], bounds[i + 1]); counts.size() + 1 bounds.
struct Histogram {
  std::vector<double> bounds;
  std::vector<double> counts;
};

/// The runtime's metrics at one moment, under the names of Go's runtime/metrics, whatever they were called in the
/// source: "/gc/heap/goal:bytes", "/sched/goroutines:goroutines". What has no such name: "process/cpu:seconds",
/// "process/resident:bytes", "process/start-time:seconds" (since 1970), "gc/last:seconds" (since 1970).
/// Absent limits are infinite: /gc/gomemlimit:bytes and /gc/gogc:percent hold infinity for "none" and "off".
struct Metrics {
  std::string source;
  std::optional<double> unix_seconds;
  std::map<std::string, double, std::less<>> values;
  std::map<std::string, Histogram, std::less<>> histograms;

  std::optional<double> get(std::string_view name) const {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  }
};

/// What /proc and the control groups said of the process at one moment.
struct ProcessState {
  std::optional<double> unix_seconds;
  std::optional<double> cpu_seconds;    // user and system
  std::optional<double> start_seconds;  // after boot
  std::optional<double> resident_bytes, lazy_free_bytes, resident_peak_bytes;
  std::optional<double> run_queue_wait_seconds;  // schedstat: time that threads waited for a core
  std::optional<int> threads;
  std::map<std::string, std::string>
      environment;  // GOGC, GOMEMLIMIT, GOMAXPROCS, GODEBUG, WEFT_*; nothing else is kept

  std::optional<double> quota_cpus;  // the tightest of the ancestors; absent: unknown, infinity: none
  std::optional<double> cpuset_cpus;
  std::optional<double> periods, throttled_periods, throttled_seconds;  // of the group that has the quota
  std::optional<double> memory_limit_bytes;                             // the tightest; infinity: none
  std::optional<double> memory_used_bytes;
  std::optional<double> cpu_pressure_percent;  // PSI, some avg10
  std::optional<double> steal_share;           // of the machine's CPU time: since the last state, else since boot
  std::optional<double> machine_cpu_ticks, machine_steal_ticks;  // since boot
  std::optional<double> machine_memory_bytes;
  std::optional<double> machine_cpus;
};

/// One line of GODEBUG=gctrace=1.
struct GcCycle {
  std::int64_t number = 0;
  double at_seconds = 0;
  double total_percent = 0;                                       // of the processors' time since the program's start
  double stop_sweep_ms = 0, concurrent_ms = 0, stop_mark_ms = 0;  // clock
  double assist_cpu_ms = 0, background_cpu_ms = 0, idle_cpu_ms = 0;  // cpu
  double heap_start_mb = 0, heap_end_mb = 0, heap_live_mb = 0, goal_mb = 0;
  int processors = 0;
  bool forced = false;
};

/// One line of GODEBUG=schedtrace=N.
struct SchedLine {
  double at_ms = 0;
  int processors = 0, idle_processors = 0, threads = 0, spinning_threads = 0, idle_threads = 0;
  std::int64_t global_queue = 0;
  std::vector<std::int64_t> local_queues;
  std::optional<std::int64_t> locked_goroutines;  // wired to their threads; only scheddetail=1 tells
  std::int64_t queued() const {
    std::int64_t sum = global_queue;
    for (std::int64_t n : local_queues) sum += n;
    return sum;
  }
};

/// One line of GODEBUG=inittrace=1.
struct InitLine {
  std::string package;
  double at_ms = 0, clock_ms = 0;
  std::int64_t bytes = 0, allocations = 0;
};

/// A goroutine dump (debug=1, debug=2, or SIGQUIT's).
struct DumpedGoroutines {
  std::int64_t count = 1;  // that share this stack
  std::string state;       // "chan receive"; empty in debug=1
  double waiting_minutes = 0;
  bool locked_to_thread = false;
  bool leaked = false;             // nothing can wake it: said in a dump of the goroutineleak profile
  std::vector<std::string> stack;  // function names, leaf first
};
struct GoroutineDump {
  std::string source;
  std::vector<DumpedGoroutines> goroutines;
  std::int64_t total() const {
    std::int64_t sum = 0;
    for (const DumpedGoroutines& g : goroutines) sum += g.count;
    return sum;
  }
};

/// One look at the resident memory, on the series' own clock.
struct ResidentPoint {
  double at_seconds = 0, bytes = 0;
};

/// What the executable says of itself.
struct Binary {
  std::string path;
  std::optional<std::string> go_version;  // "go1.27.4"; absent: no Go program
  bool is_weft = false;
  std::map<std::string, std::string>
      settings;  // of the build: "-pgo", "-trimpath", "-ldflags", "CGO_ENABLED", "DefaultGODEBUG"
  std::optional<std::string> module;
  std::optional<double> file_bytes;
  std::optional<bool> has_symbol_table, has_debug_info;
  std::map<std::string, double> section_bytes;
  std::optional<std::string> build_id;
};

/// How the service went down.
struct Shutdown {
  std::optional<double> first_signal_seconds, second_signal_seconds, exit_seconds;  // one clock
  std::optional<double> grace_seconds;                                              // terminationGracePeriodSeconds
};

struct Evidence {
  std::string name;  // of the target
  std::vector<std::string>
      sources;  // what was read, in the order of reading: "cpu.pb.gz: CPU profile, 6.0 s, 577 samples"
  std::vector<std::string> unread;  // what was there and could not be read or used, and why

  // at most one of each kind but where a vector stands: the latest that has names
  std::optional<pprof::Profile> cpu, heap, allocs, goroutine, block, mutex, thread_create, goroutine_leak;
  std::vector<pprof::Profile> heap_snapshots, goroutine_snapshots;  // by time, where several were taken
  std::vector<Metrics> metrics;                                     // by time
  std::vector<ProcessState> process;                                // by time
  std::vector<ResidentPoint> resident_series;                       // by time; the later read wins
  std::vector<GcCycle> gc_cycles;                                   // of the last run that was read
  std::vector<SchedLine> sched_lines;
  std::vector<InitLine> init_lines;
  std::vector<GoroutineDump> dumps;
  std::optional<Binary> binary;
  std::optional<Shutdown> shutdown;
  std::optional<double> profile_delay_seconds;  // how much longer than asked the profile's endpoint took to answer
  std::optional<std::string> go_version;        // from whatever source
  bool is_weft = false;
  bool live = false;  // a running process was looked at
};

}  // namespace weft::doctor
