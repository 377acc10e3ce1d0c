// doctor/expvar.h: what Go's package expvar answers at /debug/vars: {"cmdline": [...], "memstats": {...}, ...}
#pragma once

#include <boost/json/fwd.hpp>
#include <string_view>

#include "doctor/evidence.h"

namespace weft::doctor {

/// True if the object looks like expvar's.
bool is_expvar(const boost::json::object& object) noexcept;
/// The member that a kept page has beyond the service's own: when it was read, in nanoseconds since 1970.
inline constexpr std::string_view kExpvarTime = "weft_doctor_unix_nano";

/// The runtime's metrics of it. Errors: Unreadable, when it has no memstats.
Metrics read_expvar(const boost::json::object& object);

}  // namespace weft::doctor
