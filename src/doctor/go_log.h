// doctor/go_log.h: the runtime's own lines in a program's log: gctrace, schedtrace, scheddetail, inittrace, scavtrace.
//
// They stand among other text, behind timestamps, in a container engine's JSON, or glued to a line that another thread
// had not ended. So each line is searched for the start of a record, and a record is what follows the grammar from
// there. Formats: GODEBUG of Go 1.5 and newer; weft's schedtrace.
#pragma once

#include <cstddef>
#include <string_view>

#include "doctor/evidence.h"

namespace weft::doctor {

/// How many records a log had.
struct GoLogCounts {
  std::size_t gc_cycles = 0, sched_lines = 0, init_lines = 0;
  std::size_t scavenger_lines = 0, forced_notices = 0;  // known and counted; no rule reads them
  std::size_t runs = 0;  // of the program: a collection with an earlier number starts one
  std::size_t all() const { return gc_cycles + sched_lines + init_lines + scavenger_lines + forced_notices; }
};

/// Adds the records of `log` to the evidence. A new run of the program takes the place of the one before.
/// Cost: linear in the log; memory for the newest million records.
GoLogCounts read_go_log(Evidence& evidence, std::string_view log);

}  // namespace weft::doctor
