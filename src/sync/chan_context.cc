// Channel operations that give up when a context is done, and the park they share with the other primitives.
#include "weft/detail/chan_typed.h"
#include "weft/detail/select_core.h"

namespace weft::detail {

namespace {

/// A select over the operation and the context's done channel; index 0 is the operation.
Attempt run_until(ChanCore* core, void* slot, bool sends, const Context& context, std::error_code& error) noexcept {
  error.clear();
  ChanCore* const done = context_done(context);
  if (done != nullptr && done->is_closed()) {
    error = context_error(context);
    return Attempt::kNotReady;
  }
  bool nothing = false;
  SelectFrame<2> frame;
  frame[0].core = core;
  frame[0].slot = slot;
  frame[0].sends = sends;
  frame[1].core = done;
  frame[1].slot = &nothing;
  frame.request().reason = sends ? WaitReason::kChanSend : WaitReason::kChanRecv;
  if (frame.run() == 0) return frame[0].ok ? Attempt::kDone : Attempt::kClosed;
  error = context_error(context);
  return Attempt::kNotReady;
}

}  // namespace

Attempt chan_send_until(ChanCore* core, void* carrier, const Context& context, std::error_code& error) noexcept {
  return run_until(core, carrier, true, context, error);
}

Attempt chan_recv_until(ChanCore* core, void* landing, const Context& context, std::error_code& error) noexcept {
  return run_until(core, landing, false, context, error);
}

void park_multi(MultiPark& request, WaitReason reason, const void* on) noexcept {
  const auto commit = [](Goroutine*, void* arg) noexcept {
    const MultiPark parked = *static_cast<MultiPark*>(arg);  // the frame may be gone after the last unlock
    if (parked.timer != nullptr && parked.when != kNever) timer_arm(*parked.timer, parked.when);
    if (parked.lock != nullptr) parked.lock->unlock();
    if (parked.done != nullptr) parked.done->lock.unlock();
    return true;
  };
  park(commit, &request, reason, on);
}

}  // namespace weft::detail
