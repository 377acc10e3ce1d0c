#include "pprof/profile.h"

#include <algorithm>
#include <array>

namespace weft::pprof {
namespace {

struct KindOfType {
  std::string_view type;
  ProfileKind kind;
};

// By the first type that says something: "samples", "count" and their like stand in profiles of every kind.
constexpr std::array kKinds = {
    KindOfType{"cpu", ProfileKind::kCpu},
    KindOfType{"cycles", ProfileKind::kCpu},
    KindOfType{"cpu-cycles", ProfileKind::kCpu},
    KindOfType{"cpu-clock", ProfileKind::kCpu},
    KindOfType{"task-clock", ProfileKind::kCpu},
    KindOfType{"alloc_objects", ProfileKind::kHeap},
    KindOfType{"alloc_space", ProfileKind::kHeap},
    KindOfType{"inuse_objects", ProfileKind::kHeap},
    KindOfType{"inuse_space", ProfileKind::kHeap},
    KindOfType{"space", ProfileKind::kHeap},
    KindOfType{"goroutine", ProfileKind::kGoroutine},
    KindOfType{"goroutines", ProfileKind::kGoroutine},
    KindOfType{"goroutineleak", ProfileKind::kGoroutineLeak},
    KindOfType{"contentions", ProfileKind::kContention},
    KindOfType{"threadcreate", ProfileKind::kThreadCreate},
};

// perf's converter writes an event as "cycles:u_sample" and "cycles:u_event".
std::string_view event_name(std::string_view type) {
  for (const std::string_view ending : {"_sample", "_event"}) {
    if (type.ends_with(ending)) type.remove_suffix(ending.size());
  }
  return type.substr(0, type.find(':'));
}

}  // namespace

ProfileKind kind_of(const Profile& profile) {
  for (const ValueType& value : profile.sample_types) {
    const std::string_view name = event_name(value.type);
    const auto* found = std::find_if(kKinds.begin(), kKinds.end(), [&](const KindOfType& k) { return k.type == name; });
    if (found != kKinds.end()) return found->kind;
  }
  // Parca's agent and its like give samples alone, and the time that each stands for.
  return profile.period_type.type == "cpu" ? ProfileKind::kCpu : ProfileKind::kOther;
}

}  // namespace weft::pprof
