// The heavy side of asymmetric fences: after it returns, every other running thread has executed a full barrier.
#pragma once

namespace weft::os {

/// Registers the process. False: the kernel refuses, and refuses what membarrier() falls back to as well. Call once at
/// start and once in the child of a fork.
bool register_membarrier() noexcept;

/// 0.4 us alone, about 10 us with other cores busy. Where membarrier(2) is refused (seccomp, an emulator), the calling
/// thread runs on every CPU in turn instead: tens of microseconds each, milliseconds where it has to queue for them.
/// For that time its affinity is not what it was; what another thread sets meanwhile is lost.
void membarrier() noexcept;
void force_cpu_visits_for_testing() noexcept;

}  // namespace weft::os
