// doctor/go_log_records.h: the grammar of one record of a Go program's log; go_log.h finds where they are.
#pragma once

#include <optional>

#include "doctor/evidence.h"
#include "doctor/text_scan.h"

namespace weft::doctor {

/// Each reads one record behind its first word ("gc ", "SCHED ", "init ", "scav "), and moves `at` to its end; nothing,
/// and `at` anywhere, where no such record stands.
std::optional<GcCycle> read_gc_cycle(Cursor& at);
std::optional<SchedLine> read_sched_line(Cursor& at);
std::optional<InitLine> read_init_line(Cursor& at);
bool read_scavenger_line(Cursor& at);

}  // namespace weft::doctor
