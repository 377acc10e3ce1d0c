// doctor/expvar.h: what Go's package expvar answers at /debug/vars: {"cmdline": [...], "memstats": {...}, ...}
#pragma once

#include <boost/json/fwd.hpp>

#include "doctor/evidence.h"

namespace weft::doctor {

/// True if the object looks like expvar's.
bool is_expvar(const boost::json::object& object) noexcept;
/// The runtime's metrics of it. Errors: Unreadable, when it has no memstats.
Metrics read_expvar(const boost::json::object& object);

}  // namespace weft::doctor
