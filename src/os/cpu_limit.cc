#include "os/cpu_limit.h"

#include <sched.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cmath>

namespace weft::os {
namespace {

constexpr std::size_t kFileBytes = 1024;  // cpu.stat has some twenty lines
constexpr std::int64_t kNanosPerMicro = 1000;

// A quota of `quota` us in each `period` us, as CPUs; what is not a positive pair ("max", -1, garbage) is none: 0.
double as_cpus(std::string_view quota, std::string_view period) noexcept {
  const auto q = as_number(quota);
  const auto p = as_number(period);
  return q && p && *q > 0 && *p > 0 ? static_cast<double>(*q) / static_cast<double>(*p) : 0;
}

int affinity_count() noexcept {
  // As wide as any kernel's mask; on the stack, and not by CPU_ALLOC, for the monitor asks too.
  constexpr std::size_t kMostCpus = 1 << 15;
  std::array<unsigned long, kMostCpus / (8 * sizeof(unsigned long))> mask{};
  cpu_set_t* set = reinterpret_cast<cpu_set_t*>(mask.data());
  if (::sched_getaffinity(0, sizeof mask, set) == 0) return CPU_COUNT_S(sizeof mask, set);
  return static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
}

}  // namespace

CpuLimits::CpuLimits(const std::string& root) {
  for (const CgroupFolders& hierarchy : find_cgroups("cpu", root)) {
    for (const std::string& folder : hierarchy.folders) {
      if (hierarchy.v2) {
        groups_.push_back({true, folder + "/cpu.max", "", folder + "/cpu.stat"});
      } else {
        groups_.push_back({false, folder + "/cpu.cfs_quota_us", folder + "/cpu.cfs_period_us", folder + "/cpu.stat"});
      }
    }
  }
}

double CpuLimits::quota_of(const Group& group) noexcept {
  char quota_bytes[kFileBytes];
  auto quota = read_file(group.quota, quota_bytes);
  if (!quota) return 0;
  const std::string_view amount = take_word(*quota);
  if (group.v2) {
    const std::string_view period = take_word(*quota);
    return take_word(*quota).empty() ? as_cpus(amount, period) : 0;
  }
  char period_bytes[kFileBytes];
  auto period = read_file(group.period, period_bytes);
  return period ? as_cpus(amount, take_word(*period)) : 0;
}

CpuLimits::Tightest CpuLimits::tightest() const noexcept {
  Tightest found;
  for (const Group& group : groups_) {
    const double quota = quota_of(group);
    if (quota > 0 && (found.group == nullptr || quota < found.quota)) found = {&group, quota};
  }
  return found;
}

CpuLimit CpuLimits::read() const noexcept {
  CpuLimit limit{affinity_count(), tightest().quota, 1};
  limit.processors = limit.affinity;
  if (limit.quota > 0 && limit.quota < limit.processors) limit.processors = static_cast<int>(std::ceil(limit.quota));
  limit.processors = std::max(1, limit.processors);
  return limit;
}

CpuThrottling CpuLimits::throttling() const noexcept {
  CpuThrottling found;
  const Group* group = tightest().group;
  if (group == nullptr) return found;
  char bytes[kFileBytes];
  std::string_view text = read_file(group->stat, bytes).value_or("");
  while (true) {
    const std::string_view key = take_word(text);
    const std::int64_t value = as_number(take_word(text)).value_or(0);
    if (key.empty()) return found;
    if (key == "nr_periods") found.periods = value;
    if (key == "nr_throttled") found.throttled = value;
    if (key == "throttled_usec") found.throttled_nanos = value * kNanosPerMicro;
    if (key == "throttled_time") found.throttled_nanos = value;
  }
}

}  // namespace weft::os
