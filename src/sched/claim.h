// A claim keeps a goroutine that does not run from being run, while somebody walks its stack.
//
//   who runs it   status = kRunning (relaxed), compiler barrier, claimed? then wait
//   the claimer   claimed = true, membarrier, status == kRunning? then not claimed after all
// One membarrier serves a whole batch of claims. At least one side sees the other, as in steal_request.h.
#pragma once

#include "sched/goroutine.h"

namespace weft::sched {

void wait_out_claim_slow(detail::Goroutine& g) noexcept;

inline void wait_out_claim(detail::Goroutine& g) noexcept {
  detail::compiler_barrier();
  if (g.claimed.load(std::memory_order_acquire)) [[unlikely]]  // partner: the claimer's release of the claim
    wait_out_claim_slow(g);
}

}  // namespace weft::sched
