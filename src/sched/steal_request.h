// The hand-shake by which the monitor takes the processor of a machine that is in user code.
//
//   monitor   [steal.P1] CAS request kNone -> kRequested   [steal.P2] membarrier
//             [steal.P3] inside the runtime? undo: CAS kRequested -> kNone, give up
//             [steal.P4] read p   [steal.P5] CAS kRequested -> kTaken: the processor is the monitor's
//   machine   entering: [steal.P6] inside = true (plain)   [steal.P7] compiler barrier
//             [steal.P8] request == kNone? go on, the processor is ours
//             else the slow path: CAS kRequested -> kNone cancels the steal; kNone: the monitor gave up; kTaken: it is
//             gone
//
// INVARIANTS [steal.I1] at P5's success the machine is outside, and will see kTaken before it touches the processor:
//                       either P8 sees P1, or P3 sees P6 (P2 is the full fence for both sides)
//            [steal.I2] one thief a machine at a time (the monitor's own thread), else kRequested may be another
//            thief's
// EVIDENCE   tests/model/steal_request_model.cc; tests/stress/steal_protocol_stress.cc, whose control without P2 must
//            fail
#pragma once

#include "weft/detail/machine.h"

namespace weft::sched {

/// The monitor's side. Returns the processor taken, or null. `membarrier` is os::membarrier outside of tests.
template <class Barrier>
detail::Processor* try_take_processor(detail::MachineHead& machine, Barrier&& membarrier) noexcept {
  using detail::StealRequest;
  StealRequest state = StealRequest::kNone;
  if (!machine.request.compare_exchange_strong(state, StealRequest::kRequested, std::memory_order_acq_rel,
                                               std::memory_order_relaxed)) {
    return nullptr;
  }
  membarrier();
  const bool inside = machine.inside.load(std::memory_order_acquire);
  detail::Processor* processor = machine.p.load(std::memory_order_relaxed);
  state = StealRequest::kRequested;
  if (inside || processor == nullptr) {
    machine.request.compare_exchange_strong(state, StealRequest::kNone, std::memory_order_acq_rel,
                                            std::memory_order_relaxed);
    return nullptr;
  }
  if (!machine.request.compare_exchange_strong(state, StealRequest::kTaken, std::memory_order_acq_rel,
                                               std::memory_order_relaxed)) {
    return nullptr;
  }
  return processor;
}

/// The machine's slow path, inside the runtime. True: its processor was taken and it has none now.
inline bool answer_steal_request(detail::MachineHead& machine) noexcept {
  using detail::StealRequest;
  StealRequest state = StealRequest::kRequested;
  if (machine.request.compare_exchange_strong(state, StealRequest::kNone, std::memory_order_acq_rel,
                                              std::memory_order_acquire)) {
    return false;
  }
  if (state == StealRequest::kNone) return false;
  machine.p.store(nullptr, std::memory_order_relaxed);
  machine.request.store(StealRequest::kNone, std::memory_order_release);
  return true;
}

}  // namespace weft::sched
