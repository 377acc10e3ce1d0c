// Whole captured bundles, file by file: each is what its content says.
#include "doctor/bundle.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cmath>
#include <fstream>
#include <map>

#include "doctor/recorded_test_support.h"

namespace weft::doctor {
namespace {

Evidence load(const std::string& bundle) {
  Evidence evidence;
  add_folder(evidence, recorded_path(bundle));
  settle(evidence);
  return evidence;
}

bool contains(const std::vector<std::string>& list, std::string_view part) {
  for (const std::string& entry : list) {
    if (entry.find(part) != std::string::npos) return true;
  }
  return false;
}

struct RecordedFile {
  const char* path;
  ContentKind kind;
};

class EachFile : public ::testing::TestWithParam<RecordedFile> {};

// The name is no help: only the content may tell.
TEST_P(EachFile, IsRecognisedByItsContent) {
  Evidence evidence;
  EXPECT_EQ(add_content(evidence, "file", recorded(GetParam().path)), GetParam().kind);
  EXPECT_EQ(evidence.unread.empty(), GetParam().kind != ContentKind::kUnknown);
  EXPECT_EQ(evidence.sources.empty(), GetParam().kind == ContentKind::kUnknown);
}

INSTANTIATE_TEST_SUITE_P(Bundle, EachFile,
                         ::testing::Values(RecordedFile{"01-before/buildinfo.txt", ContentKind::kBuildInfo},
                                           RecordedFile{"01-before/cmd.txt", ContentKind::kUnknown},
                                           RecordedFile{"01-before/goroutine.pb.gz", ContentKind::kProfile},
                                           RecordedFile{"01-before/inittrace.log", ContentKind::kGoLog},
                                           RecordedFile{"01-before/metrics_t0.json", ContentKind::kRuntimeMetricsJson},
                                           RecordedFile{"01-before/stdout.txt", ContentKind::kUnknown},
                                           RecordedFile{"02-before/allocs.pb.gz", ContentKind::kProfile},
                                           RecordedFile{"02-before/block.pb.gz", ContentKind::kProfile},
                                           RecordedFile{"02-before/cpu.pb.gz", ContentKind::kProfile},
                                           RecordedFile{"02-before/gctrace.log", ContentKind::kGoLog},
                                           RecordedFile{"02-before/metrics.prom", ContentKind::kPrometheus},
                                           RecordedFile{"02-before/program.log", ContentKind::kUnknown},
                                           RecordedFile{"02-before/schedtrace.log", ContentKind::kGoLog},
                                           RecordedFile{"06-before/gctrace-scavtrace-270s.log", ContentKind::kGoLog},
                                           RecordedFile{"06-before/heap.debug1.txt", ContentKind::kUnknown},
                                           RecordedFile{"06-before/rss.log", ContentKind::kResidentSeries},
                                           RecordedFile{"10-before/timeline.log", ContentKind::kShutdownTimeline},
                                           RecordedFile{"11-before/latency.txt", ContentKind::kUnknown},
                                           RecordedFile{"13-before/readelf-S.txt", ContentKind::kSectionTable},
                                           RecordedFile{"13-before/readelf-n.txt", ContentKind::kSectionTable},
                                           RecordedFile{"13-before/size.txt", ContentKind::kSectionTable},
                                           RecordedFile{"http-capture/goroutine_d1.body", ContentKind::kGoroutineDump},
                                           RecordedFile{"http-capture/goroutine_d2.body", ContentKind::kGoroutineDump},
                                           RecordedFile{"http-capture/cpu_busy.body", ContentKind::kUnknown},
                                           RecordedFile{"http-capture/trace.body", ContentKind::kUnknown},
                                           RecordedFile{"http-capture/mutex_d1.body", ContentKind::kUnknown},
                                           RecordedFile{"weft_dump.txt", ContentKind::kGoroutineDump}),
                         [](const auto& file) {
                           std::string name = file.param.path;
                           for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

TEST(Bundle, InitTraceOfScenario1) {
  const Evidence e = load("01-before");
  ASSERT_FALSE(e.init_lines.empty());
  EXPECT_EQ(e.init_lines.back().package, "scen/s01/secrets");
  EXPECT_DOUBLE_EQ(e.init_lines.back().clock_ms, 414);
  EXPECT_EQ(e.go_version, "go1.27.4");
  EXPECT_TRUE(e.goroutine);
  EXPECT_TRUE(contains(e.unread, "cmd.txt: not recognised"));
}

TEST(Bundle, OverloadOfScenario2) {
  const Evidence e = load("02-before");
  EXPECT_TRUE(e.cpu && e.heap && e.allocs && e.block && e.mutex && e.thread_create && e.goroutine);
  EXPECT_EQ(e.cpu->column("cpu"), 1);
  EXPECT_EQ(e.gc_cycles.size(), 4u);
  EXPECT_GT(e.sched_lines.size(), 5u);
  ASSERT_EQ(e.metrics.size(), 2u);  // the page without a time is no third moment
  EXPECT_EQ(e.metrics[0].source, "metrics_t0.json");
  EXPECT_EQ(e.metrics[1].source, "metrics_t1.json");
  EXPECT_TRUE(e.metrics[1].unix_seconds);
  EXPECT_GT(e.metrics[1].get("process/cpu:seconds").value_or(0), 4);
  ASSERT_EQ(e.process.size(), 2u);
  EXPECT_LT(*e.process[0].cpu_seconds, *e.process[1].cpu_seconds);
  EXPECT_TRUE(contains(e.sources, "cpu.pb.gz: CPU profile, 5.5 s, 552 samples"));
  EXPECT_TRUE(e.heap_snapshots.empty());
  EXPECT_FALSE(e.is_weft);
}

TEST(Bundle, MemoryOfScenario6) {
  const Evidence e = load("06-before");
  EXPECT_EQ(e.metrics.size(), 3u);
  EXPECT_EQ(e.process.size(), 3u);
  ASSERT_EQ(e.resident_series.size(), 21u);
  EXPECT_DOUBLE_EQ(e.resident_series.back().bytes, 960172.0 * 1024);
  EXPECT_GT(*e.process.back().resident_bytes, 9e8);
}

TEST(Bundle, ShutdownOfScenario10) {
  const Evidence before = load("10-before");
  ASSERT_TRUE(before.shutdown);
  EXPECT_EQ(before.shutdown->first_signal_seconds, 0);
  EXPECT_EQ(before.shutdown->second_signal_seconds, 1.001);
  EXPECT_EQ(before.shutdown->exit_seconds, 5.001);
  EXPECT_EQ(load("10-after").shutdown->exit_seconds, 1.501);
}

TEST(Bundle, QuotaOfScenario11) {
  const Evidence e = load("11-before");
  ASSERT_EQ(e.process.size(), 2u);
  EXPECT_EQ(e.process[1].quota_cpus, 0.5);
  EXPECT_GT(*e.process[1].throttled_periods - *e.process[0].throttled_periods, 0);
  EXPECT_EQ(e.metrics[1].get("/sched/gomaxprocs:threads"), 16);
}

TEST(Bundle, ExecutableOfScenario13) {
  const Evidence before = load("13-before"), after = load("13-after");
  ASSERT_TRUE(before.binary && after.binary);
  EXPECT_EQ(before.binary->file_bytes, 11554168);
  EXPECT_EQ(before.binary->has_debug_info, true);
  EXPECT_EQ(after.binary->has_debug_info, false);
  EXPECT_EQ(after.binary->has_symbol_table, false);
  EXPECT_EQ(after.binary->settings.at("-trimpath"), "true");
  EXPECT_EQ(after.binary->build_id, "43650a78b5bdd2c9820ff4f6f3737c0be4149d91");
  EXPECT_GT(before.binary->section_bytes.at(".text"), 1e6);
}

TEST(Bundle, TellsContentionProfilesApartByTheirStacks) {
  Evidence e;
  EXPECT_EQ(add_content(e, "a", recorded("http-capture/mutex.body")), ContentKind::kProfile);
  EXPECT_TRUE(e.mutex && !e.block);
  EXPECT_EQ(add_content(e, "b", recorded("http-capture/block.body")), ContentKind::kProfile);
  EXPECT_TRUE(e.block);
}

TEST(Bundle, KeepsSnapshotsWhereSeveralWereTaken) {
  Evidence e;
  add_content(e, "heap2", recorded("06-before/heap.pb.gz"));
  add_content(e, "heap1", recorded("02-before/heap.pb.gz"));
  settle(e);
  ASSERT_EQ(e.heap_snapshots.size(), 2u);
  EXPECT_LE(e.heap_snapshots[0].time_nanos, e.heap_snapshots[1].time_nanos);
  EXPECT_EQ(e.heap->time_nanos, e.heap_snapshots[1].time_nanos);
}

// Of the same program, once with names and once without, the one with names is worth more; of two moments the later.
TEST(Bundle, OfSeveralProfilesOfAKindOneCounts) {
  for (const auto& order : {std::pair("sym", "unsym"), std::pair("unsym", "sym")}) {
    Evidence e;
    add_content(e, order.first, recorded("cxx/" + std::string(order.first) + ".pb.gz"));
    add_content(e, order.second, recorded("cxx/" + std::string(order.second) + ".pb.gz"));
    EXPECT_FALSE(e.cpu->functions.empty());
    EXPECT_EQ(e.sources, std::vector<std::string>{"sym: CPU profile, 6.0 s, 7 samples"});
    EXPECT_EQ(e.unread, std::vector<std::string>{"unsym: another CPU profile counts"});
  }
  Evidence e;
  add_content(e, "a", recorded("03-before/cpu.pb.gz"));
  const auto first = e.cpu->time_nanos;
  add_content(e, "b", recorded("02-before/cpu.pb.gz"));
  EXPECT_EQ(e.cpu->time_nanos, std::max(first, e.cpu->time_nanos));
  EXPECT_EQ(e.sources.size(), 1u);
}

TEST(Bundle, SaysWhatAProfileCounts) {
  Evidence e;
  add_content(e, "heap", recorded("02-before/heap.pb.gz"));
  add_content(e, "goroutine", recorded("01-before/goroutine.pb.gz"));
  add_content(e, "block", recorded("02-before/block.pb.gz"));
  EXPECT_EQ(e.sources, (std::vector<std::string>{"heap: heap profile, 64802 allocated objects",
                                                 "goroutine: goroutine profile, 1 goroutine",
                                                 "block: block profile, 0 contentions"}));
}

// What people send in a profile's place; the reason tells them.
TEST(Bundle, NamesWhatOtherToolsWrite) {
  const std::string gperftools =
      std::string(8, '\0') + '\3' + std::string(15, '\0') + "\x10\x27" + std::string(14, '\0');
  const std::pair<std::string, const char*> kOthers[] = {{gperftools, "gperftools' binary CPU profile"},
                                                         {std::string("FLR\0\0\2\0\1", 8), "Java Flight Recorder"},
                                                         {"main;work;step 17\nmain;idle 3\n", "folded stacks"},
                                                         {"\n<!doctype HTML>\n<p>502", "web page"},
                                                         {"<HTML lang=en>", "web page"}};
  for (const auto& [bytes, words] : kOthers) {
    Evidence e;
    EXPECT_EQ(add_content(e, "file", bytes), ContentKind::kUnknown) << words;
    EXPECT_TRUE(contains(e.unread, words)) << e.unread.at(0);
  }
  Evidence e;
  EXPECT_EQ(add_content(e, "log", "a;b c 7\n" + recorded("02-before/gctrace.log")), ContentKind::kGoLog);
}

TEST(Bundle, SaysWhatItCouldNotRead) {
  Evidence e;
  const std::string cpu = recorded("02-before/cpu.pb.gz");
  EXPECT_EQ(add_content(e, "cut.gz", cpu.substr(0, cpu.size() / 2)), ContentKind::kUnknown);
  EXPECT_EQ(add_content(e, "cut.json", recorded("02-before/metrics_t0.json").substr(0, 500)), ContentKind::kUnknown);
  EXPECT_EQ(add_content(e, "cut.elf",
                        "\x7f"
                        "ELFxxxx"),
            ContentKind::kUnknown);
  EXPECT_EQ(add_content(e, "zero", std::string(1000, '\0')), ContentKind::kUnknown);
  EXPECT_EQ(add_content(e, "empty", ""), ContentKind::kUnknown);
  EXPECT_EQ(add_content(e, "app.prom", "# TYPE a gauge\na 1\n"), ContentKind::kUnknown);
  EXPECT_EQ(e.unread.size(), 6u);
  EXPECT_FALSE(e.cpu || e.binary || !e.metrics.empty());
  EXPECT_TRUE(contains(e.unread, "empty: empty"));
  EXPECT_TRUE(contains(e.unread, "app.prom: metrics, but none of a runtime"));
}

TEST(Bundle, TakesNoLogForATable) {
  Evidence e;
  const std::string log =
      "started app: go1.27 on linux\n512 bytes\n" + std::string(300, '-') + "\n" + recorded("02-before/gctrace.log");
  EXPECT_EQ(add_content(e, "log", log), ContentKind::kGoLog);
  EXPECT_EQ(add_content(e, "cut log", std::string(5000, '\0') + log), ContentKind::kGoLog);
  EXPECT_EQ(add_content(e, "windows log", "\xff\xfeg\0c\0"), ContentKind::kUnknown);
  EXPECT_EQ(add_content(e, "settings", "{\"metrics\": {\"enabled\": 1}}"), ContentKind::kUnknown);
  EXPECT_FALSE(e.binary);
}

TEST(Bundle, ReadsPackedLogsAndJsonLogs) {
  const std::string log = recorded("02-before/gctrace.log");
  const std::string path = ::testing::TempDir() + "weft_bundle_test" + std::to_string(::getpid()) + ".log.gz";
  gzFile_s* const out = ::gzopen(path.c_str(), "wb");
  ::gzwrite(out, log.data(), static_cast<unsigned>(log.size()));
  ::gzclose(out);
  Evidence e;
  add_file(e, path);
  std::filesystem::remove(path);
  EXPECT_EQ(e.gc_cycles.size(), 4u);
  EXPECT_EQ(add_content(e, "docker.json",
                        "{\"log\":\"gc 1 @0.1s 1%: 1+2+3 ms clock, 1+2/3/4+5 ms cpu, "
                        "1-\\u003e2-\\u003e3 MB, 4 MB goal, 1 P\\n\"}\n{\"log\":\"x\\n\"}\n"),
            ContentKind::kGoLog);
  EXPECT_THROW(add_file(e, "/no/such/file"), std::system_error);
  EXPECT_THROW(add_file(e, "/dev/zero"), std::system_error);
  EXPECT_THROW(add_folder(e, "/no/such/folder"), std::system_error);
}

TEST(Bundle, SettlesDefaultMetricsIntoProcessStates) {
  Evidence e;
  add_content(e, "m", "process_cpu_seconds_total 5\nprocess_resident_memory_bytes 7\ngo_goroutines 3\n");
  settle(e);
  ASSERT_EQ(e.process.size(), 1u);
  EXPECT_EQ(e.process[0].cpu_seconds, 5);
  ASSERT_EQ(e.metrics.size(), 1u);
}

TEST(Bundle, StealIsOfTheTimeBetween) {
  Evidence e;
  for (const double time : {2.0, 1.0}) {
    ProcessState state;
    state.unix_seconds = time;
    state.machine_cpu_ticks = time * 1000;
    state.machine_steal_ticks = time == 2.0 ? 350 : 300;
    state.steal_share = 0.3;
    e.process.push_back(state);
  }
  settle(e);
  EXPECT_EQ(e.process[1].unix_seconds, 2);
  EXPECT_DOUBLE_EQ(*e.process[1].steal_share, 0.05);
}

}  // namespace
}  // namespace weft::doctor
