// The untyped half of channels: waiters, hand-over, close.
//
// WORDS      landing   where a receiver wants its value: an object in its frame
//            carrier   where a sender's value stands
//            live      a waiter whose wait nobody has ended yet
// A value goes the shortest way: from the carrier to the landing of the oldest live receiver, else into the ring. A
// receiver that finds senders waiting takes the ring's oldest and lets the oldest live sender's value into the free
// slot, so the order of sends is the order of receives. The goroutine woken is made ready after the lock is dropped,
// never under it.
//
// INVARIANTS [chan.I1]-[chan.I4]: include/weft/detail/chan_core.h
// REJECTED   [chan.R1] a lock-free ring: a hand-over needs both the lists and the ring at one moment, and select
//            needs several channels at one moment; an uncontended lock is one locked instruction, which a lock-free
//            ring needs as well
// EVIDENCE   src/sync/chan_test.cc, tests/stress/chan_stress.cc, tests/model/
#include "weft/detail/chan_core.h"

#include "weft/detail/chan_element.h"

namespace weft::detail {

const ElementOps kVoidElementOps = kElementOps<void>;

namespace {

/// Completes the waiter's operation; the caller wakes it once it has dropped the lock.
void finish(Waiter* w, Goroutine** wake) noexcept {
  w->ok = true;
  *wake = w->goroutine;
}

/// A claimed waiter is its waker's alone, so its link can chain those that are to be woken.
struct WakeChain {
  Waiter* first = nullptr;
  Waiter* last = nullptr;

  void take_all(WaitList& list) noexcept {
    while (Waiter* w = list.pop_claimed()) {
      (last != nullptr ? last->next : first) = w;
      last = w;
    }
  }
  /// The first runs next; the rest queue behind those that were ready before.
  void wake_all() noexcept {
    for (Waiter* w = first; w != nullptr;) {
      Waiter* const next = w->next;  // ready() may end the waiter's frame
      w == first ? ready(w->goroutine) : ready_tail(w->goroutine);
      w = next;
      first = nullptr;
    }
  }
};

bool live(const Waiter* w) noexcept { return w->claim == nullptr || w->claim->outcome() == Claim::kOpen; }

}  // namespace

Waiter* ChanCore::pop_sender_locked() noexcept {
  if (!senders_waiting.load(std::memory_order_relaxed)) return nullptr;
  Waiter* const w = senders.pop_claimed();
  senders_waiting.store(!senders.empty(), std::memory_order_release);
  return w;
}

Waiter* ChanCore::pop_receiver_locked() noexcept {
  if (!receivers_waiting.load(std::memory_order_relaxed)) return nullptr;
  Waiter* const w = receivers.pop_claimed();
  receivers_waiting.store(!receivers.empty(), std::memory_order_release);
  return w;
}

Attempt ChanCore::try_send_locked(void* value, Goroutine** wake) noexcept {
  if (closed.load(std::memory_order_relaxed)) return Attempt::kClosed;
  if (Waiter* receiver = pop_receiver_locked()) {  // chan.I1: nothing is buffered before it
    ops->deliver(receiver->slot, value);
    finish(receiver, wake);
    return Attempt::kDone;
  }
  const std::uint32_t buffered = count.load(std::memory_order_relaxed);
  if (buffered == capacity) return Attempt::kNotReady;
  ops->store(slot(send_index), value);
  send_index = after(send_index);
  count.store(buffered + 1, std::memory_order_release);
  return Attempt::kDone;
}

Attempt ChanCore::try_recv_locked(void* landing, Goroutine** wake) noexcept {
  const std::uint32_t buffered = count.load(std::memory_order_relaxed);
  if (buffered == 0) {
    if (Waiter* sender = pop_sender_locked()) {
      ops->deliver(landing, sender->slot);
      finish(sender, wake);
      return Attempt::kDone;
    }
    return closed.load(std::memory_order_relaxed) ? Attempt::kClosed : Attempt::kNotReady;
  }
  ops->fetch(landing, slot(recv_index));
  recv_index = after(recv_index);
  if (Waiter* sender =
          pop_sender_locked()) {  // chan.I2: the ring was full, so the slot that came free is the next to fill
    ops->store(slot(send_index), sender->slot);
    send_index = after(send_index);
    finish(sender, wake);
  } else {
    count.store(buffered - 1, std::memory_order_release);
  }
  return Attempt::kDone;
}

// Flat: of a blocking round trip's time the calls in between were a tenth.
[[gnu::flatten]] Attempt ChanCore::send_slow(void* value, bool may_park) noexcept {
  Goroutine* wake = nullptr;
  const Attempt attempt = try_send_locked(value, &wake);
  if (attempt == Attempt::kNotReady && may_park) {
    Waiter w;
    w.goroutine = self();
    w.slot = value;
    add_sender_locked(w);
    park_unlock(lock, WaitReason::kChanSend, this);
    return w.ok ? Attempt::kDone : Attempt::kClosed;
  }
  lock.unlock();
  if (wake != nullptr) ready(wake);
  return attempt;
}

[[gnu::flatten]] Attempt ChanCore::recv_slow(void* landing, bool may_park) noexcept {
  Goroutine* wake = nullptr;
  const Attempt attempt = try_recv_locked(landing, &wake);
  if (attempt == Attempt::kNotReady && may_park) {
    Waiter w;
    w.goroutine = self();
    w.slot = landing;
    add_receiver_locked(w);
    park_unlock(lock, WaitReason::kChanRecv, this);
    return w.ok ? Attempt::kDone : Attempt::kClosed;
  }
  lock.unlock();
  if (wake != nullptr) ready(wake);
  return attempt;
}

bool ChanCore::close() noexcept {
  Section section;
  WakeChain chain;
  {
    SpinGuard guard(lock);
    if (closed.load(std::memory_order_relaxed)) return false;
    closed.store(true, std::memory_order_release);
    chain.take_all(receivers);
    chain.take_all(senders);
    receivers_waiting.store(false, std::memory_order_release);
    senders_waiting.store(false, std::memory_order_release);
  }
  chain.wake_all();
  return true;
}

void ChanCore::destroy_buffered() noexcept {
  for (std::uint32_t left = count.load(std::memory_order_relaxed); left != 0; --left) {
    ops->destroy(slot(recv_index));
    recv_index = after(recv_index);
  }
}

bool ChanCore::check() noexcept {
  Section section;
  SpinGuard guard(lock);
  const std::uint32_t buffered = count.load(std::memory_order_relaxed);
  const bool is_open = !closed.load(std::memory_order_relaxed);
  bool holds = buffered <= capacity && (is_open || (receivers.empty() && senders.empty()));
  for (const Waiter* r = receivers.front(); r != nullptr && holds; r = r->next) {
    if (!live(r)) continue;
    holds = buffered == 0;
    for (const Waiter* s = senders.front(); s != nullptr && holds; s = s->next) {
      holds = !live(s) || !live(r) || (s->claim != nullptr && s->claim == r->claim);
    }
  }
  for (const Waiter* s = senders.front(); s != nullptr && holds; s = s->next) {
    holds = !live(s) || buffered == capacity;
  }
  if (!receivers.empty() && !receivers_waiting.load(std::memory_order_relaxed)) holds = false;
  if (!senders.empty() && !senders_waiting.load(std::memory_order_relaxed)) holds = false;
  return holds;
}

void wait_for_ever(WaitReason reason) noexcept {
  Section section;
  for (;;) park([](Goroutine*, void*) noexcept { return true; }, nullptr, reason, nullptr);
}

}  // namespace weft::detail
