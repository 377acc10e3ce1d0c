// doctor/goroutine_dump.h: goroutines as text: /debug/pprof/goroutine?debug=1 and ?debug=2, what a panic or SIGQUIT
// prints, and weft's dump.
#pragma once

#include <string_view>

#include "doctor/evidence.h"

namespace weft::doctor {

/// True if a dump begins in `text`, be it behind other output.
bool has_goroutine_dump(std::string_view text) noexcept;

/// Reads the dump. Goroutines in the same state on the same stack are one entry, with the longest of their waits.
/// Errors: Unreadable, when there is none. Cost: linear; memory for what differs.
GoroutineDump read_goroutine_dump(std::string_view text);

}  // namespace weft::doctor
