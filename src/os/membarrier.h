// The heavy side of asymmetric fences: after it returns, every other running thread has executed a full barrier.
#pragma once

namespace weft::os {

/// Registers the process; false when the kernel refuses (then membarrier() falls back, see there). Call once at start.
bool register_membarrier() noexcept;

/// 0.4 us alone, about 10 us with other cores busy. Where membarrier(2) is refused (seccomp), an mprotect round trip on
/// a
/// touched page forces the same inter-processor interrupts.
void membarrier() noexcept;

}  // namespace weft::os
