// doctor/flame_tree.h: a CPU profile's stacks merged from the root: what a flame graph draws.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "doctor/frame_class.h"
#include "pprof/profile.h"

namespace weft::doctor {

struct FlameNode {
  std::string_view function;
  std::int64_t value = 0;  // of the profile's last column: CPU time
  FrameClass classes = FrameClass::kNone;
  std::vector<std::uint32_t> children;  // by value, the largest first
};

/// Node 0 is the root. Nodes below `least_share` of all, and below `kMostDepth`, are left out. Views are into the
/// profile.
std::vector<FlameNode> flame_tree(const pprof::Profile& profile, double least_share);

}  // namespace weft::doctor
