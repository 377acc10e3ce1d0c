// lab/harness/machine_facts.h: what a reader must know of the machine to believe the numbers.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lab {

struct MachineFacts {
  int cores = 0;
  int affinity = 0;
  double quota = 0;    // processors granted by the container; 0: no quota
  int processors = 0;  // what all four programs run with
  double load_average = 0;
  double clock_ns = 0;  // one reading of the steady clock
  /// The rest, name and text, in the order in which they are shown.
  std::vector<std::pair<std::string, std::string>> texts;

  /// Others keep the machine busy: the numbers will be off.
  bool busy() const { return load_average > 0.5 * processors; }
};

/// `source_folder` is asked for its commit; unknown when it is no checkout.
MachineFacts machine_facts(const std::string& source_folder);

double load_average();

}  // namespace lab
