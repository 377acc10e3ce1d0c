// weft/detail/park.h: how a primitive makes its caller wait, and wakes it. The only door from sync to the scheduler.
//
// A plain thread that calls a primitive gets a stand-in Goroutine; park() then blocks the thread. A primitive need not
// know which it has.
//
// PROTOCOL  the waiter  puts itself where a waker finds it, under the primitive's lock, then park(): the commit runs
//                       after the context is saved and releases that lock
//           the waker   under the lock takes the waiter out, then ready(): exactly once for each park
#pragma once

#include <cstdint>

#include "weft/detail/machine.h"
#include "weft/detail/spin_lock.h"

namespace weft::detail {

/// What a parked goroutine waits for, as the dump prints it.
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

/// The calling goroutine, or the calling plain thread's stand-in. Never null. Stable across parks.
Goroutine* self() noexcept;

/// True on a goroutine, false on a plain thread.
bool on_goroutine() noexcept;

/// Runs on another stack once the parking goroutine's context is saved. False: do not park after all, go on at once.
using ParkCommit = bool (*)(Goroutine*, void* arg) noexcept;

/// Parks the caller until ready() is called on it. Call inside a Section; returns inside one, perhaps on another
/// machine. `on` is the address of what is waited for, for the dump.
void park(ParkCommit commit, void* arg, WaitReason reason, const void* on) noexcept;

/// Parks and lets go of `lock` once the context is saved.
void park_unlock(SpinLock& lock, WaitReason reason, const void* on) noexcept;

/// Makes a parked goroutine (or thread) runnable. From anywhere: goroutine, plain thread, timer callback, monitor.
/// The goroutine runs next on this processor, before what was queued.
void ready(Goroutine* goroutine) noexcept;

/// Like ready(), at the tail of the queue: for broadcasts, where running each next would starve the rest.
void ready_tail(Goroutine* goroutine) noexcept;

inline constexpr int kMaxProcessors = 256;

/// A random number from the processor's (or thread's) own generator: fast, no lock, not for secrets. Inside a Section.
std::uint32_t fast_random() noexcept;

}  // namespace weft::detail
