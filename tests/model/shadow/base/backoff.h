// The model's base/backoff.h: a wait ends when somebody has written what was looked at.
#pragma once

#include "weft/detail/atomic.h"

namespace weft::detail {

class Backoff {
 public:
  void wait() noexcept { cpu_relax(); }
};

}  // namespace weft::detail
