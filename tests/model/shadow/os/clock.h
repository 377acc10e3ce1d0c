// The model's os/clock.h: real time would make each execution another one.
#pragma once

#include <cstdint>

#include "explorer/model.h"

namespace weft::os {

inline std::int64_t monotonic_nanos() noexcept { return model::clock_nanos(); }

}  // namespace weft::os
