// weft/detail/wait.h: how the primitives of sync wait: in a list of their own, perhaps until a deadline or a done
// context.
#pragma once

#include <cstdint>

#include "weft/detail/spin_lock.h"
#include "weft/detail/timer_node.h"
#include "weft/detail/waiter.h"

namespace weft::detail {

struct ChanCore;

/// What ended a wait.
enum class WaitEnd : std::uint32_t { kWoken = 1, kDeadline = 2, kContext = 3 };

/// What may end a wait besides its being woken.
struct WaitLimits {
  MonotonicNanos deadline = kNever;
  ChanCore* done = nullptr;  // the context's done channel
  bool none() const noexcept { return deadline == kNever && done == nullptr; }
};

/// For the dump: what is waited for.
struct WaitLabel {
  WaitReason reason;
  const void* on;
};

/// Links `waiter` (its goroutine, claim and token are set here) at the list's end, or front, if it is not linked, and
/// parks.
///
/// Call inside a Section with `lock`, the list's, held; returns without it, the node in no list. A waker pops the node
/// with try_claim() and makes the goroutine ready: then, and only then, the end is kWoken. Without parking: kContext if
/// the context is done already, else kDeadline if that has passed.
WaitEnd wait_in_list(SpinLock& lock, WaitList& list, Waiter& waiter, const WaitLimits& limits, WaitLabel label,
                     bool at_front = false) noexcept;

/// Takes out and wakes everybody whose claim can be won. Call inside a Section with `lock` held; lets go of it.
void wake_all_unlock(SpinLock& lock, WaitList& list) noexcept;

}  // namespace weft::detail
