// What a plain thread has in a goroutine's place while it waits in a primitive: a control block whose `id` is the
// thread's, which park() blocks on and the dump shows.
//
// Never freed: a waker may still look at one whose thread has just ended. The next thread that needs one takes it over.
#pragma once

#include "sched/goroutine.h"

namespace weft::sched {

struct StandIn : detail::Goroutine {
  StandIn* made_before = nullptr;
};

/// The calling plain thread's; made at its first call, which starts the runtime.
detail::Goroutine* stand_in() noexcept;

/// The calling thread's if it has one; from a signal handler as well.
const detail::Goroutine* stand_in_if_any() noexcept;

/// The newest of all that were ever made, or null: the others follow by made_before.
StandIn* newest_stand_in() noexcept;

/// In the child of a fork(): the calling thread's, if it has one, is the only one left.
void reset_stand_ins_after_fork() noexcept;

}  // namespace weft::sched
