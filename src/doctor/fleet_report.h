// doctor/fleet_report.h: the fleet's ranking for people and for programs.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "doctor/fleet_rules.h"

namespace weft::doctor {

struct FleetReport {
  std::string prometheus;
  std::vector<FleetVerdict> verdicts;  // ranked
  std::vector<std::string> notes;
  std::size_t other_processes = 0;
};

void write_fleet_table(std::ostream& out, const FleetReport& report, std::size_t most_rows);
void write_fleet_json(std::ostream& out, const FleetReport& report);

}  // namespace weft::doctor
