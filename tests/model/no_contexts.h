// For models of what may wait for a context, and does not here.
#pragma once

#include <system_error>

#include "weft/context.h"

namespace weft::detail {

ChanCore* context_done(const Context&) noexcept { return nullptr; }
std::error_code context_error(const Context&) noexcept { return {}; }

}  // namespace weft::detail
