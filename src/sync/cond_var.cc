// A list of waiters; the one subtlety is that a waiter is linked before the user's lock is dropped and parks after,
// since
// unlock() is user code that may itself park. Whoever is notified in between finds `ok` set and does not park.
//
// INVARIANTS [cond.I1] an Entry is linked from begin() until it is notified or its wait ends otherwise; under
// list_lock_
//            [cond.I2] a waiter that was notified never touches the CondVar again: it may be gone
#include "weft/sync/cond_var.h"

#include "weft/detail/chan_core.h"

namespace weft {

using detail::Section;
using detail::SpinGuard;
using detail::WaitEnd;

void CondVar::begin(Entry& entry) noexcept {
  const Section section;
  const SpinGuard guard(list_lock_);
  waiters_.push_back(&entry);
  waiting_.store(true, std::memory_order_seq_cst);
}

WaitEnd CondVar::finish(Entry& entry, detail::WaitLimits limits) noexcept {
  const Section section;
  list_lock_.lock();
  if (entry.ok) {
    list_lock_.unlock();
    return WaitEnd::kWoken;
  }
  entry.parked = true;
  return detail::wait_in_list(list_lock_, waiters_, entry, limits, {detail::WaitReason::kCondVar, this});
}

void CondVar::abandon(Entry& entry) noexcept {
  const Section section;
  list_lock_.lock();
  const bool notified = entry.ok;
  if (entry.linked) waiters_.remove(&entry);
  list_lock_.unlock();
  if (notified) notify_one();
}

void CondVar::notify_one_slow() noexcept {
  const Section section;
  detail::Goroutine* wake = nullptr;
  {
    const SpinGuard guard(list_lock_);
    if (auto* entry = static_cast<Entry*>(waiters_.pop_claimed())) {
      entry->ok = true;
      if (entry->parked) wake = entry->goroutine;
    }
    if (waiters_.empty()) waiting_.store(false, std::memory_order_relaxed);
  }
  if (wake != nullptr) detail::ready(wake);
}

void CondVar::notify_all_slow() noexcept {
  const Section section;
  detail::WaitList parked;
  {
    const SpinGuard guard(list_lock_);
    while (auto* entry = static_cast<Entry*>(waiters_.pop_claimed())) {
      entry->ok = true;
      if (entry->parked) parked.push_back(entry);
    }
    waiting_.store(false, std::memory_order_relaxed);
  }
  while (detail::Waiter* entry = parked.front()) {
    parked.remove(entry);
    detail::ready_tail(entry->goroutine);
  }
}

}  // namespace weft
