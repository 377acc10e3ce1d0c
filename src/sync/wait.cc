#include "weft/detail/wait.h"

#include "weft/detail/chan_core.h"

namespace weft::detail {

namespace {

struct DeadlineTimer : TimerNode {
  Claim* claim = nullptr;
  Goroutine* goroutine = nullptr;

  static void on_fire(TimerNode* node) noexcept {
    auto* timer = static_cast<DeadlineTimer*>(node);
    if (timer->claim->try_claim(static_cast<std::uint32_t>(WaitEnd::kDeadline))) ready(timer->goroutine);
  }
};

void link(WaitList& list, Waiter& waiter, bool at_front) noexcept {
  if (waiter.linked) return;
  at_front ? list.push_front(&waiter) : list.push_back(&waiter);
}

// A wait that ended before it began.
WaitEnd leave_unlock(SpinLock& lock, WaitList& list, Waiter& waiter, WaitEnd end) noexcept {
  if (waiter.linked) list.remove(&waiter);
  lock.unlock();
  return end;
}

// Waits with more than one possible end; see MultiPark for the protocol.
WaitEnd wait_limited(SpinLock& lock, WaitList& list, Waiter& waiter, const WaitLimits& limits, WaitLabel label,
                     bool at_front) noexcept {
  if (limits.done != nullptr && limits.done->is_closed()) return leave_unlock(lock, list, waiter, WaitEnd::kContext);
  if (limits.deadline != kNever && limits.deadline <= monotonic_now()) {
    return leave_unlock(lock, list, waiter, WaitEnd::kDeadline);
  }
  Claim claim;
  waiter.claim = &claim;
  waiter.token = static_cast<std::uint32_t>(WaitEnd::kWoken);
  Waiter done_node;
  if (limits.done != nullptr) {
    limits.done->lock.lock();
    if (limits.done->is_closed()) {
      limits.done->lock.unlock();
      return leave_unlock(lock, list, waiter, WaitEnd::kContext);
    }
    done_node.goroutine = waiter.goroutine;
    done_node.claim = &claim;
    done_node.token = static_cast<std::uint32_t>(WaitEnd::kContext);
    limits.done->add_receiver_locked(done_node);
  }
  DeadlineTimer timer;
  timer.fire = &DeadlineTimer::on_fire;
  timer.claim = &claim;
  timer.goroutine = waiter.goroutine;

  link(list, waiter, at_front);
  MultiPark request{.lock = &lock,
                    .done = limits.done,
                    .timer = limits.deadline == kNever ? nullptr : &timer,
                    .when = limits.deadline};
  park_multi(request, label.reason, label.on);

  const auto end = static_cast<WaitEnd>(claim.outcome());
  if (end != WaitEnd::kWoken) {  // else the waker took the node out, and the owner of the list may be gone by now
    lock.lock();
    if (waiter.linked) list.remove(&waiter);
    lock.unlock();
  }
  if (request.timer != nullptr) timer_cancel(timer);
  if (limits.done != nullptr) {
    const SpinGuard guard(limits.done->lock);
    limits.done->remove_receiver_locked(done_node);
  }
  return end;
}

}  // namespace

WaitEnd wait_in_list(SpinLock& lock, WaitList& list, Waiter& waiter, const WaitLimits& limits, WaitLabel label,
                     bool at_front) noexcept {
  waiter.goroutine = self();
  if (!limits.none()) return wait_limited(lock, list, waiter, limits, label, at_front);
  link(list, waiter, at_front);
  park_unlock(lock, label.reason, label.on);
  return WaitEnd::kWoken;
}

void wake_all_unlock(SpinLock& lock, WaitList& list) noexcept {
  // Once claimed, a waiter stays parked until it is made ready, so its node can carry the chain meanwhile.
  Waiter* first = nullptr;
  Waiter** last = &first;
  while (Waiter* waiter = list.pop_claimed()) {
    *last = waiter;
    last = &waiter->next;
  }
  lock.unlock();
  while (first != nullptr) {
    Waiter* next = first->next;
    ready_tail(first->goroutine);
    first = next;
  }
}

}  // namespace weft::detail
