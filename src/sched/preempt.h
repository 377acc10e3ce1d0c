// WEFT_PREEMPT=suspend: goroutines that spin without a processor are held in place beyond a bound.
//
// When the monitor takes a spinner's processor the spinner runs on, and competes through the kernel with whoever holds
// the processor now: fine on idle cores, but under a CPU quota many spinners burn the quota of all. In this mode at
// most max_procs of them run; the others wait in a signal handler, and take turns of kTurnNanos.
//
// STATES     Machine::hold: kFree -> kAsked (monitor) -> kHeld (the thread, in its handler) -> kFree (monitor)
//                           kAsked -> kFree (monitor: it came by the runtime meanwhile)
// INVARIANTS [preempt.I1] only a thread without a processor is held: the handler looks at the request word, which is
//                         kTaken from the moment the monitor took it until the machine's next section
//            [preempt.I2] nobody is held inside the runtime (`inside`), so no runtime lock is held by a held thread
//            [preempt.I3] a held thread may hold a lock of libc's or the program's. Who waits for that lock waits at
//                         most for its next turn, kTurnNanos x held threads; the monitor, which gives the turns, lets
//                         all go first
//
// Who lost its processor while it was blocked may compute afterwards, without coming by the runtime. The monitor stays
// awake for it: it looks every kBlockedLook at its CPU time, and once a slice was used since the last look, and it
// computes still, it counts as a spinner. A spinner that is found asleep when its turn ends counts as blocked again.
//
// The handler uses raw system calls only. It makes some calls return EINTR (nanosleep, poll) although the thread was
// seen running; hence a mode and not the default.
#pragma once

#include "sched/machine.h"

namespace weft::sched {

/// The monitor has just taken this machine's processor because it spins.
void hold_if_too_many(Machine& m) noexcept;

/// The monitor has just taken this machine's processor because it is blocked.
void note_blocked(Machine& m) noexcept;

/// Once a round of the monitor: turns, and releases when there is room. True while there are more spinners than may
/// run: the monitor then stays awake.
bool rotate_held(detail::MonotonicNanos now) noexcept;

/// When the monitor is to look again at those who were blocked; kNever if there are none.
detail::MonotonicNanos next_look_at_blocked() noexcept;

/// Lets everybody go, before the runtime does something that may wait for a libc lock; rotate_held() holds them again.
void release_all_held() noexcept;

/// In the signal's handler: holds the thread if that is what the signal was for.
bool answer_hold_request() noexcept;

}  // namespace weft::sched
