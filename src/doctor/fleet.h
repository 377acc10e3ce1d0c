// doctor/fleet.h: `weft doctor --prometheus URL`: asks an existing Prometheus about every Go and weft service it knows,
// and ranks them by what the runtime costs them.
//
// Metrics name a cost, seldom its place in the code: of R1, R3, R4, R5, S07..S09 they say little or nothing. The answer
// is which service deserves a profile, and the command that takes it.
#pragma once

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <string>

namespace weft::doctor {

struct FleetOptions {
  std::string prometheus_url;
  std::string match;  // `job="api",env=~"prod.*"`, with or without braces; empty: all services
  bool json = false;
  bool verify_tls = true;
  std::string bearer_token;
  std::chrono::seconds rate_window{300};     // over which rates are taken: four scrapes or more
  std::chrono::seconds growth_window{3600};  // over which goroutines are looked at
  std::chrono::seconds answer_timeout{60};   // of each question
  std::size_t most_rows = 50;                // of the table; JSON has all
};

/// Returns  0: nothing fires; 1: some service has a finding above info; 2: the Prometheus could not be asked, or knows
///          no service (said on `err`)
int run_fleet(const FleetOptions& options, std::ostream& out, std::ostream& err);

}  // namespace weft::doctor
