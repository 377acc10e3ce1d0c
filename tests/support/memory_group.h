// support/memory_group.h: a real control group with a memory limit.
#pragma once

#include <cstdint>

#include "control_group.h"

namespace weft::testing {

class MemoryGroup : public ControlGroup {
 public:
  /// Null where none can be made, and `why_not` says why. It begins without a limit.
  static std::unique_ptr<MemoryGroup> make(std::string& why_not) {
    const auto takes_limit = [](const MemoryGroup& group) { return group.set_limit(-1); };
    return ControlGroup::make<MemoryGroup>("memory", takes_limit, why_not);
  }

  /// Below 0: none. False: refused.
  bool set_limit(std::int64_t bytes) const {
    if (v2()) return write("memory.max", bytes < 0 ? "max" : std::to_string(bytes));
    return write("memory.limit_in_bytes", std::to_string(bytes));
  }

 private:
  using ControlGroup::ControlGroup;
};

}  // namespace weft::testing
