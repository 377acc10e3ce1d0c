// Who leads the program through its life says how far it is.
#pragma once

#include "weft/health.h"

namespace weft::obs {

void set_phase(health::Phase phase) noexcept;

}  // namespace weft::obs
