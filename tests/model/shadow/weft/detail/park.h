// The model's weft/detail/park.h: goroutines are the explorer's threads; park and ready are steps of theirs.
#pragma once

#include <cstdint>

#include "weft/detail/machine.h"
#include "weft/detail/spin_lock.h"

namespace weft::detail {

enum class WaitReason : std::uint8_t {
  kNone,
  kChanSend,
  kChanRecv,
  kChanSendNil,
  kChanRecvNil,
  kSelect,
  kSelectNoCases,
  kSleep,
  kMutex,
  kSharedMutexRead,
  kSharedMutexWrite,
  kCondVar,
  kWaitGroup,
  kSemaphore,
  kOnce,
  kJoin,
  kGroup,
  kPoll,
  kPinnedMachine,
  kSuspended,
  kPoolQueue,
};

/// A thread's number, as the pointer that the product passes around; it is never looked through.
inline Goroutine* goroutine_of(int thread) noexcept {
  return reinterpret_cast<Goroutine*>(static_cast<std::uintptr_t>(thread + 1) * 64);
}
inline int thread_of(Goroutine* g) noexcept { return static_cast<int>(reinterpret_cast<std::uintptr_t>(g) / 64) - 1; }

inline Goroutine* self() noexcept { return goroutine_of(model::thread_index()); }
inline bool on_goroutine() noexcept { return true; }

using ParkCommit = bool (*)(Goroutine*, void* arg) noexcept;

inline void park(ParkCommit commit, void* arg, WaitReason, const void*) noexcept {
  if (commit(self(), arg)) model::park();
}
inline void park_unlock(SpinLock& lock, WaitReason, const void*) noexcept {
  lock.unlock();
  model::park();
}
inline void ready(Goroutine* goroutine) noexcept { model::ready(thread_of(goroutine)); }
inline void ready_tail(Goroutine* goroutine) noexcept { ready(goroutine); }

inline int processor_index() noexcept { return model::thread_index(); }
inline constexpr int kMaxProcessors = 256;

inline std::uint32_t fast_random() noexcept { return model::random_value(); }

}  // namespace weft::detail
