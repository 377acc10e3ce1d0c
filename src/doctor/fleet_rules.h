// doctor/fleet_rules.h: the doctor's rules as far as a Prometheus' metrics let them be judged.
#pragma once

#include <string>
#include <vector>

#include "doctor/fleet_services.h"

namespace weft::doctor {

enum class FleetSeverity { kNone, kInfo, kWarning, kHigh };

struct FleetFinding {
  std::string rule = {};  // "R2/S05b"
  FleetSeverity severity = FleetSeverity::kInfo;
  double lost_cores = 0;  // what acting could give back, about
  double lost_bytes = 0;
  std::string why = {};        // one line, with the numbers
  bool wants_profile = false;  // says where in the code, which metrics can't
};

struct FleetVerdict {
  Service service;
  std::vector<FleetFinding> findings;  // worst first
  std::vector<std::string> not_judged;

  FleetSeverity severity() const { return findings.empty() ? FleetSeverity::kNone : findings.front().severity; }
  double lost_cores() const;
  double lost_bytes() const;
  bool wants_profile() const;
};

FleetVerdict judge_service(Service service);

/// Worst first: by severity, then by what is lost, in processors and (eight GiB for one) memory; by name at last.
void rank(std::vector<FleetVerdict>& verdicts);

/// "401", "1.77", "0.5": three digits that count. "96.5 MB": of a thousand each.
std::string short_number(double value);
std::string short_bytes(double bytes);

}  // namespace weft::doctor
