// fork(): the child has one thread, so it has one goroutine: the one that forked. The others are gone, as threads are.
//
// Around the copy the forking thread holds the locks of the scheduler, the timer wheels and the stack pool, so these
// are whole in the child. What other machines were changing without a lock is forgotten: queues, free stacks. Locks
// that a vanished thread may hold are made anew. What user code may have left half done, a channel's or its own lock,
// stays.
//
//   a waiter's copy    is never made ready: its fork_generation is another
//   a timer            armed before is disarmed, as the kernel's own are
//   the monitor        is made when somebody first needs it: most children only exec
//   the end            of the forking goroutine is the end of the child, for nobody waits in run()
#pragma once

#include <cstdlib>

#include "sched/scheduler.h"

namespace weft::sched {

void install_fork_handlers() noexcept;

/// In a child that has not needed its monitor yet. Async-signal-safe.
bool monitor_is_gone() noexcept;

/// Makes it, if it is gone.
void restart_monitor_after_fork() noexcept;

/// Goroutine `g` has run to its end.
inline void end_forked_child(const Goroutine& g, int exit_code) {
  if (&g == scheduler().child_main) [[unlikely]]
    std::exit(exit_code);
}

}  // namespace weft::sched
