// /proc and control groups: recorded ones, and trees of every layout.
#include "doctor/process_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "doctor/json_reading.h"
#include "doctor/recorded_test_support.h"
#include "doctor/runtime_metrics_json.h"

namespace weft::doctor {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

FileTexts capture_of(const std::string& file) { return read_runtime_capture(parse_json_object(recorded(file))).files; }

FileTexts tree(const std::string& name) {
  const std::filesystem::path root = WEFT_SOURCE_DIR "/tests/data/cgroup/" + name;
  FileTexts files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path());
    files.emplace("/" + entry.path().lexically_relative(root).string(),
                  std::string{std::istreambuf_iterator<char>(in), {}});
  }
  return files;
}

TEST(ProcessFiles, ReadsAThrottledProcess) {
  const ProcessState state = read_process_state(capture_of("11-before/metrics_t1.json"));
  EXPECT_DOUBLE_EQ(*state.cpu_seconds, 4.61);
  EXPECT_DOUBLE_EQ(*state.start_seconds, 2477.63);
  EXPECT_EQ(state.threads, 19);
  EXPECT_DOUBLE_EQ(*state.resident_bytes, 16284.0 * 1024);
  EXPECT_DOUBLE_EQ(*state.resident_peak_bytes, 28988.0 * 1024);
  EXPECT_DOUBLE_EQ(*state.lazy_free_bytes, 0);
  EXPECT_DOUBLE_EQ(*state.quota_cpus, 0.5);
  EXPECT_DOUBLE_EQ(*state.periods, 408);
  EXPECT_DOUBLE_EQ(*state.throttled_periods, 61);
  EXPECT_NEAR(*state.throttled_seconds, 4.170543421, 1e-9);
  EXPECT_EQ(state.memory_limit_bytes, kInfinity);
  EXPECT_DOUBLE_EQ(*state.memory_used_bytes, 266653696);
  EXPECT_DOUBLE_EQ(*state.cpu_pressure_percent, 26.91);
  EXPECT_DOUBLE_EQ(*state.cpuset_cpus, 2);
  EXPECT_FALSE(state.run_queue_wait_seconds);  // the file is of one of 19 threads
  EXPECT_FALSE(state.steal_share);
}

TEST(ProcessFiles, ReadsAProcessWithoutAQuota) {
  const ProcessState state = read_process_state(capture_of("02-before/metrics_t1.json"));
  EXPECT_EQ(state.quota_cpus, kInfinity);
  EXPECT_EQ(state.memory_limit_bytes, kInfinity);
}

TEST(ProcessFiles, ReadsTheTreesOfTheRuntimesTest) {
  EXPECT_EQ(read_process_state(tree("v2_nested")).quota_cpus, 1.5);
  EXPECT_EQ(read_process_state(tree("v2_max")).quota_cpus, kInfinity);
  EXPECT_EQ(read_process_state(tree("v2_namespace")).quota_cpus, 0.5);
  EXPECT_FALSE(std::isfinite(read_process_state(tree("v2_garbage")).quota_cpus.value_or(kInfinity)));
  EXPECT_EQ(read_process_state(tree("v1_nested")).quota_cpus, 2.5);
  EXPECT_EQ(read_process_state(tree("v1_container")).quota_cpus, 1.5);
  EXPECT_EQ(read_process_state(tree("hybrid")).quota_cpus, 0.7);
  EXPECT_FALSE(read_process_state(tree("no_quota_file")).quota_cpus);
}

TEST(ProcessFiles, TheTightestLevelGivesItsThrottling) {
  const ProcessState state = read_process_state({
      {"/proc/9/cgroup", "0::/pod/app\n"},
      {"/sys/fs/cgroup/pod/app/cpu.max", "max 100000\n"},
      {"/sys/fs/cgroup/pod/app/cpu.stat", "nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n"},
      {"/sys/fs/cgroup/pod/cpu.max", "150000 100000\n"},
      {"/sys/fs/cgroup/pod/cpu.stat", "usage_usec 7\nnr_periods 100\nnr_throttled 40\nthrottled_usec 2500000\n"},
      {"/sys/fs/cgroup/pod/memory.max", "1000\n"},
      {"/sys/fs/cgroup/pod/memory.current", "900\n"},
      {"/sys/fs/cgroup/pod/app/memory.max", "2000\n"},
      {"/sys/fs/cgroup/pod/app/memory.current", "800\n"},
      {"/sys/fs/cgroup/pod/app/cpuset.cpus.effective", "0-3,8\n"},
      {"/sys/fs/cgroup/other/cpu.max", "1000 100000\n"},  // a neighbour's
      {"/sys/fs/cgroup/other/memory.max", "1\n"},
  });
  EXPECT_EQ(state.quota_cpus, 1.5);
  EXPECT_EQ(state.throttled_periods, 40);
  EXPECT_EQ(state.throttled_seconds, 2.5);
  EXPECT_EQ(state.memory_limit_bytes, 1000);
  EXPECT_EQ(state.memory_used_bytes, 900);
  EXPECT_EQ(state.cpuset_cpus, 5);
}

TEST(ProcessFiles, AContainerSeesItsGroupUnderAnotherMount) {
  const ProcessState state = read_process_state({
      {"/proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc\n"},
      {"/host/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "250000\n"},
      {"/host/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"},
      {"/host/sys/fs/cgroup/memory/docker/memory.limit_in_bytes", "4096\n"},
  });
  EXPECT_EQ(state.quota_cpus, 2.5);
  EXPECT_EQ(state.memory_limit_bytes, 4096);
}

// Only an ancestor without a quota was recorded: the own group may have one.
TEST(ProcessFiles, NoneIsNotSaidOfAGroupThatWasNotSeen) {
  const ProcessState state = read_process_state({
      {"/proc/self/cgroup", "4:cpu:/docker/abc\n3:memory:/docker/abc\n"},
      {"/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"},
      {"/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"},
      {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
  });
  EXPECT_FALSE(state.quota_cpus);
  EXPECT_FALSE(state.memory_limit_bytes);
}

TEST(ProcessFiles, ReadsTheMachineTheEnvironmentAndTheThreads) {
  using namespace std::string_literals;
  const ProcessState state = read_process_state({
      {"/proc/12/stat", "12 (a) b) (c) S 1 1 1 0 -1 0 0 0 0 0 100 50 0 0 20 0 2 0 700 0 0\n"},
      {"/proc/12/task/12/schedstat", "1 2000000000 3\n"},
      {"/proc/12/task/13/schedstat", "1 500000000 3\n"},
      {"/proc/12/schedstat", "1 2000000000 3\n"},
      {"/proc/12/environ", "PATH=/bin\0GOGC=200\0SECRET=x\0GODEBUG=gctrace=1\0WEFT_DEBUG=a\0broken"s},
      {"/proc/stat", "cpu  100 0 100 600 100 0 0 100 0 0\ncpu0 1 2\ncpu1 1 2\nintr 5\n"},
      {"/proc/meminfo", "MemTotal:        1024 kB\nMemFree: 5 kB\n"},
      {"/proc/pressure/cpu", "some avg10=3.50 avg60=1.00 avg300=0.00 total=1\n"},
  });
  EXPECT_EQ(state.cpu_seconds, 1.5);
  EXPECT_EQ(state.threads, 2);
  EXPECT_EQ(state.start_seconds, 7);
  EXPECT_EQ(state.run_queue_wait_seconds, 2.5);
  EXPECT_EQ(state.environment.size(), 3u);
  EXPECT_EQ(state.environment.at("GODEBUG"), "gctrace=1");
  EXPECT_EQ(state.steal_share, 0.1);
  EXPECT_EQ(state.machine_cpus, 2);
  EXPECT_EQ(state.machine_memory_bytes, 1024.0 * 1024);
  EXPECT_EQ(state.cpu_pressure_percent, 3.5);
}

TEST(ProcessFiles, GarbageLeavesFieldsAbsent) {
  const ProcessState state = read_process_state({
      {"/proc/self/stat", "no parentheses"},
      {"/proc/self/status", "VmRSS: lots\nThreads:\t-5\nCpus_allowed_list:\t5-1,x\n"},
      {"/proc/self/smaps_rollup", "\0\0\0"},
      {"/proc/self/cgroup", "::::\n0:/x\n"},
      {"/proc/stat", "cpu \n"},
      {"/sys/fs/cgroup/cpu.max", "9e999 0\n"},
      {"/sys/fs/cgroup/memory.max", "nan\n"},
  });
  EXPECT_FALSE(state.cpu_seconds || state.threads || state.resident_bytes || state.cpuset_cpus || state.steal_share);
  EXPECT_FALSE(state.quota_cpus || state.memory_limit_bytes);
  const ProcessState nothing = read_process_state({});
  EXPECT_FALSE(nothing.cpu_seconds || nothing.quota_cpus || nothing.machine_cpus);
}

TEST(ProcessFiles, CollectsThisProcess) {
  const auto files = collect_process_files(::getpid());
  ASSERT_TRUE(files);
  const ProcessState state = read_process_state(*files);
  EXPECT_GT(state.resident_bytes.value_or(0), 0);
  EXPECT_GE(state.threads.value_or(0), 1);
  EXPECT_GE(state.machine_cpus.value_or(0), 1);
  EXPECT_GT(state.machine_memory_bytes.value_or(0), 0);
  EXPECT_TRUE(state.cpu_seconds && state.start_seconds);
  EXPECT_FALSE(collect_process_files(-5));
}

}  // namespace
}  // namespace weft::doctor
