// Runtime records in logs: real lines of Go 1.27, of old ones, and lines as container engines store them.
#include "doctor/go_log.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace weft::doctor {
namespace {

Evidence read(std::string_view log) {
  Evidence evidence;
  read_go_log(evidence, log);
  return evidence;
}

TEST(GoLog, ReadsEveryFieldOfACollection) {
  const Evidence e = read(
      "gc 2 @0.397s 1%: 2.9+7.9+0.059 ms clock, 5.8+0.28/2.3/0.5+0.11 ms cpu, 5->6->4 MB, 7 MB goal, 0 MB stacks, 0 MB "
      "globals, 2 P\n");
  ASSERT_EQ(e.gc_cycles.size(), 1u);
  const GcCycle& c = e.gc_cycles[0];
  EXPECT_EQ(c.number, 2);
  EXPECT_DOUBLE_EQ(c.at_seconds, 0.397);
  EXPECT_DOUBLE_EQ(c.total_percent, 1);
  EXPECT_DOUBLE_EQ(c.stop_sweep_ms, 2.9);
  EXPECT_DOUBLE_EQ(c.concurrent_ms, 7.9);
  EXPECT_DOUBLE_EQ(c.stop_mark_ms, 0.059);
  EXPECT_DOUBLE_EQ(c.assist_cpu_ms, 0.28);
  EXPECT_DOUBLE_EQ(c.background_cpu_ms, 2.3);
  EXPECT_DOUBLE_EQ(c.idle_cpu_ms, 0.5);
  EXPECT_DOUBLE_EQ(c.heap_start_mb, 5);
  EXPECT_DOUBLE_EQ(c.heap_end_mb, 6);
  EXPECT_DOUBLE_EQ(c.heap_live_mb, 4);
  EXPECT_DOUBLE_EQ(c.goal_mb, 7);
  EXPECT_EQ(c.processors, 2);
  EXPECT_FALSE(c.forced);
}

TEST(GoLog, ReadsOldFormatsAndForcedCollections) {
  const Evidence e = read(
      "gc 1 @0.038s 0%: 0.11+1.4+0.063 ms clock, 0.89+0.56/1.3/0.2+0.50 ms cpu, 4->4->0 MB, 5 MB goal, 8 P (forced)\n"
      "gc 2 @0.050s 0%: 0.15+0.37+0.25+0.22+0.28 ms clock, 0.4+0.3+0+1/2/3+0.56 ms cpu, 4->4->1 MB, 4 MB goal, 4 P\n"
      "gc 3 @9.1s 2% (checking for goroutine leaks): 1+2+3 ms clock, 1+2/3/4+5 ms cpu, 1->2->3 MB, 4 MB goal, 1 P\n");
  ASSERT_EQ(e.gc_cycles.size(), 3u);
  EXPECT_TRUE(e.gc_cycles[0].forced);
  EXPECT_EQ(e.gc_cycles[0].processors, 8);
  EXPECT_DOUBLE_EQ(e.gc_cycles[1].concurrent_ms, 0.37 + 0.25 + 0.22);
  EXPECT_DOUBLE_EQ(e.gc_cycles[1].stop_mark_ms, 0.28);
  EXPECT_DOUBLE_EQ(e.gc_cycles[1].assist_cpu_ms, 1);
  EXPECT_DOUBLE_EQ(e.gc_cycles[2].background_cpu_ms, 3);
  EXPECT_FALSE(e.gc_cycles[1].forced);
}

TEST(GoLog, FindsRecordsBehindAndAmongOtherText) {
  const Evidence e = read(
      "2026-11-25T10:00:00.5Z stderr F gc 1 @0.1s 1%: 1+2+3 ms clock, 1+2/3/4+5 ms cpu, 1->2->3 MB, 4 MB goal, 1 P\r\n"
      "{\"log\":\"gc 2 @0.2s 1%: 1+2+3 ms clock, 1+2/3/4+5 ms cpu, 5-\\u003e6-\\u003e7 MB, 8 MB goal, 1 P\\n\","
      "\"stream\":\"stderr\"}\n"
      "request done in 3 msgc 3 @0.3s 1%: 1+2+3 ms clock, 1+2/3/4+5 ms cpu, 1->2->3 MB, 4 MB goal, 1 P (forced) and "
      "on\n"
      "GET /gc 4 @home\n"
      "pod/app init main @1.5 ms, 89 ms clock, 579 bytes, 84 allocs\n");
  ASSERT_EQ(e.gc_cycles.size(), 3u);
  EXPECT_DOUBLE_EQ(e.gc_cycles[1].heap_live_mb, 7);
  EXPECT_TRUE(e.gc_cycles[2].forced);
  ASSERT_EQ(e.init_lines.size(), 1u);
  EXPECT_EQ(e.init_lines[0].package, "main");
  EXPECT_DOUBLE_EQ(e.init_lines[0].clock_ms, 89);
  EXPECT_EQ(e.init_lines[0].bytes, 579);
  EXPECT_EQ(e.init_lines[0].allocations, 84);
}

TEST(GoLog, LeavesOutWhatIsCutOff) {
  EXPECT_TRUE(read("gc 2 @0.397s 1%: 2.9+7.9").gc_cycles.empty());
  EXPECT_TRUE(read("gc 2 @0.397s").gc_cycles.empty());
  EXPECT_TRUE(read("gc 99999999999999999999 @0.397s 1%: 1+2+3 ms clock").gc_cycles.empty());
  EXPECT_TRUE(read("SCHED 5ms: gomaxprocs=2 idleprocs=0").sched_lines.empty());
  EXPECT_TRUE(read("init x @1 ms, 5 ms clo").init_lines.empty());
}

TEST(GoLog, TheLastRunOfAProgramCounts) {
  constexpr const char* kRest = ": 1+2+3 ms clock, 1+2/3/4+5 ms cpu, 1->2->3 MB, 4 MB goal, 1 P\n";
  Evidence e;
  const auto line = [&](const char* head) { return std::string(head) + kRest; };
  const GoLogCounts counts =
      read_go_log(e, line("gc 1 @1s 1%") + line("gc 2 @2s 1%") + line("gc 1 @0.5s 1%") + line("gc 2 @1s 1%"));
  EXPECT_EQ(counts.runs, 2u);
  EXPECT_EQ(counts.gc_cycles, 4u);
  ASSERT_EQ(e.gc_cycles.size(), 2u);
  EXPECT_DOUBLE_EQ(e.gc_cycles[0].at_seconds, 0.5);
}

TEST(GoLog, ReadsSchedulerLinesOfGoAndWeft) {
  const Evidence e = read(
      "SCHED 507ms: gomaxprocs=2 idleprocs=0 threads=5 spinningthreads=0 needspinning=1 idlethreads=1 runqueue=9716 "
      "[ 119 107 ] schedticks=[ 3350 3367 ]\n"
      "SCHED 1007ms: gomaxprocs=2 idleprocs=1 threads=5 spinningthreads=1 idlethreads=3 runqueue=6 [0 7]\n");
  ASSERT_EQ(e.sched_lines.size(), 2u);
  EXPECT_EQ(e.sched_lines[0].queued(), 9716 + 119 + 107);
  EXPECT_EQ(e.sched_lines[0].processors, 2);
  EXPECT_EQ(e.sched_lines[0].threads, 5);
  EXPECT_FALSE(e.sched_lines[0].locked_goroutines);
  EXPECT_EQ(e.sched_lines[1].queued(), 13);
  EXPECT_EQ(e.sched_lines[1].idle_processors, 1);
  EXPECT_EQ(e.sched_lines[1].idle_threads, 3);
}

TEST(GoLog, CountsLockedGoroutinesInDetail) {
  const Evidence e = read(
      "SCHED 10ms: gomaxprocs=2 idleprocs=0 threads=5 spinningthreads=0 needspinning=0 idlethreads=1 runqueue=1 "
      "gcwaiting=false nmidlelocked=1 stopwait=0 sysmonwait=false\n"
      "  P0: status=1 schedtick=3 syscalltick=0 m=0 runqsize=4 gfreecnt=0 timerslen=0\n"
      "  P1: status=1 schedtick=3 syscalltick=0 m=nil runqsize=2 gfreecnt=0 timerslen=0\n"
      "  M4: p=nil curg=nil mallocing=0 throwing=0 preemptoff= locks=0 dying=0 spinning=false blocked=true lockedg=7\n"
      "  G1: status=4(chan receive) m=nil lockedm=nil\n"
      "  G7: status=4(chan receive) m=nil lockedm=3\n"
      "  G8: status=4(sleep) m=nil lockedm=-1\n");
  ASSERT_EQ(e.sched_lines.size(), 1u);
  EXPECT_EQ(e.sched_lines[0].locked_goroutines, 1);
  EXPECT_EQ(e.sched_lines[0].queued(), 7);
}

TEST(GoLog, CountsScavengerLines) {
  Evidence e;
  const GoLogCounts counts = read_go_log(e,
                                         "scav 416808 KiB work (bg), 0 KiB work (eager), 421304 KiB now, 0% util\n"
                                         "scav 12 KiB work, 34 KiB total, 9% util\nGC forced\n");
  EXPECT_EQ(counts.scavenger_lines, 2u);
  EXPECT_EQ(counts.forced_notices, 1u);
  EXPECT_EQ(counts.all(), 3u);
}

// Quadratic work on this would take minutes.
TEST(GoLog, TakesLinearTimeOnHostileLines) {
  std::string starts, digits = "gc ";
  for (int i = 0; i < 1'000'000; ++i) starts += "gc 1 @";
  digits.append(4'000'000, '1');
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(read(starts).gc_cycles.empty());
  EXPECT_TRUE(read(digits).gc_cycles.empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

}  // namespace
}  // namespace weft::doctor
