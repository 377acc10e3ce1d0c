// Logs and dumps: whatever bytes they are, they are read in linear time and bounded memory.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "doctor/go_log.h"
#include "doctor/goroutine_dump.h"
#include "doctor/unreadable.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  weft::doctor::Evidence evidence;
  const weft::doctor::GoLogCounts counts = weft::doctor::read_go_log(evidence, text);
  if (evidence.gc_cycles.size() > counts.gc_cycles) std::abort();
  for (const weft::doctor::SchedLine& line : evidence.sched_lines) {
    if (line.queued() < 0) std::abort();
  }
  try {
    if (weft::doctor::read_goroutine_dump(text).total() < 0) std::abort();
  } catch (const weft::doctor::Unreadable&) {
    return 0;
  }
  return 0;
}
