// support/cpu_group.h: a real control group with a CPU quota.
#pragma once

#include "control_group.h"

namespace weft::testing {

class CpuGroup : public ControlGroup {
 public:
  /// Null where none can be made, and `why_not` says why.
  static std::unique_ptr<CpuGroup> make(std::string& why_not) {
    const auto takes_limit = [](const CpuGroup& group) { return group.set_quota(kPeriodMicros); };
    return ControlGroup::make<CpuGroup>("cpu", takes_limit, why_not);
  }

  static constexpr int kPeriodMicros = 100'000;

  /// In each period; below 0: none. False: refused.
  bool set_quota(int micros) const {
    const std::string amount = micros < 0 ? (v2() ? "max" : "-1") : std::to_string(micros);
    if (v2()) return write("cpu.max", amount + " " + std::to_string(kPeriodMicros));
    return write("cpu.cfs_period_us", std::to_string(kPeriodMicros)) && write("cpu.cfs_quota_us", amount);
  }

 private:
  using ControlGroup::ControlGroup;
};

}  // namespace weft::testing
