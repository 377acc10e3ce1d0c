// The network poller: whose descriptors became ready, and which machine asks the kernel.
//
//   an idle machine has the seat [poll.W1]: it sleeps in the poller instead of on its futex, wakes with a batch, takes
//       an idle processor and readies the batch there: no thread is woken besides (who has to sleep would pay for it)
//   a machine that runs out of work looks without waiting (pick.cc), before it gives its processor up
//   the monitor looks where nobody has the seat and all are busy: within a millisecond
//
// INVARIANTS [poll.I1] one machine has the seat. It is given under the scheduler's lock to an idle one, and given up by
//                      that machine alone, when it is awake and out of the poller: so whom the bell wakes is who is
//                      meant
//            [poll.I2] when all machines are idle one of them has it, for each takes a free seat as it becomes idle
//            [poll.I3] no lost wake-up: who wakes a machine writes its wake_word, then looks whether it is in the
//                      poller; the machine says that it is, then looks at its wake_word. One of them sees the other
//            [poll.I4] a target is never freed while the poller may tell it something, so it is not freed at all: it is
//                      used again, and takes readiness that was meant for another for what it is, a reason to try
// EVIDENCE   tests/model/poll_model.cc: I1 to I3; the accesses of I3 in another order fail it, or a look that takes the
//            bell from the machine it is meant for. tests/stress/net_stress.cc; src/net/tcp_test.cc
#pragma once

#include "os/poll_backend.h"
#include "weft/detail/atomic.h"
#include "weft/detail/timer_node.h"

namespace weft::sched {

struct Machine;

/// Something that wants to hear of its descriptor's readiness.
struct PollTarget {
  /// Runs on a scheduler's stack or the monitor's, inside a section: may ready goroutines, must not park or block.
  using OnReady = void (*)(PollTarget&, const os::Readiness&) noexcept;
  OnReady on_ready = nullptr;
};

/// A batch that was taken from the kernel and not yet told to its targets.
struct PolledBatch {
  os::Readiness ready[os::PollBackend::kMostAtOnce];
  int count = 0;
};

/// Adds the descriptor for as long as it is open. The first one starts the poller. 0, or errno's value.
int poll_add(int descriptor, PollTarget& target) noexcept;
void poll_remove(int descriptor) noexcept;

/// True once the first descriptor was added.
bool poller_in_use() noexcept;

/// Waits in the kernel; on the idle machine that has the seat. `deadline` as in os::PollBackend::wait.
void poll_wait(PolledBatch& batch, detail::MonotonicNanos deadline) noexcept;
/// Looks without waiting and tells the targets. True: there was something.
bool poll_now() noexcept;
/// Whether a look without waiting is likely to find something. Where it is not, the machine that runs out of work is
/// better asleep in the poller, which costs one system call and not two.
bool poller_is_crowded() noexcept;
void tell_targets(PolledBatch& batch) noexcept;
/// Ends the wait of the machine that is in it.
void ring_poller() noexcept;

/// When the kernel was last asked.
detail::MonotonicNanos last_poll() noexcept;

/// Goroutines and threads that wait for readiness: not deadlocked, the world may wake them.
void count_poll_waiter(std::int32_t change) noexcept;
std::int32_t poll_waiters() noexcept;

void reset_poller_after_fork() noexcept;

}  // namespace weft::sched
