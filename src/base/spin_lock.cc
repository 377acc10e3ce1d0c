// The waiting side of SpinLock: its holder is in a section of tens of nanoseconds.
#include "weft/detail/spin_lock.h"

#include "base/backoff.h"

namespace weft::detail {

void SpinLock::lock_slow() noexcept {
  Backoff backoff;
  while (!try_lock()) backoff.wait();
}

}  // namespace weft::detail
