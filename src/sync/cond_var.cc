// A list of waiters; the one subtlety is that a waiter is linked before the user's lock is dropped and parks after,
// since unlock() is user code that may itself park. Whoever is notified in between finds `ok` set and does not park.
//
// INVARIANTS [cond.I1] an Entry is linked from begin() until it is notified or its wait ends otherwise; under
// list_lock_
//            [cond.I2] a waiter that was notified never touches the CondVar again: it may be gone. So one without
//                      limits parks without list_lock_: its entry's phase decides whether the notifier or the park came
//                      first
#include "weft/sync/cond_var.h"

#include "weft/detail/chan_core.h"

namespace weft {

using detail::Section;
using detail::SpinGuard;
using detail::WaitEnd;

void CondVar::begin(Entry& entry) noexcept {
  const Section section;
  entry.goroutine = detail::self();
  const SpinGuard guard(list_lock_);
  waiters_.push_back(&entry);
  waiting_.store(true, std::memory_order_seq_cst);
}

bool CondVar::commit_park(detail::Goroutine*, void* entry) noexcept {
  Phase linked = Phase::kLinked;  // release: a notifier that finds it parked makes it ready
  return static_cast<Entry*>(entry)->phase.compare_exchange_strong(linked, Phase::kParked, std::memory_order_acq_rel,
                                                                   std::memory_order_acquire);
}

// Under list_lock_, the entry unlinked. True: it is to be made ready; else it may be gone by now.
bool CondVar::notify(Entry& entry) noexcept {
  return entry.phase.exchange(Phase::kNotified, std::memory_order_acq_rel) == Phase::kParked;
}

WaitEnd CondVar::finish(Entry& entry, detail::WaitLimits limits) noexcept {
  const Section section;
  if (entry.phase.load(std::memory_order_acquire) == Phase::kNotified) return WaitEnd::kWoken;
  if (limits.none()) {
    detail::park(&commit_park, &entry, detail::WaitReason::kCondVar, this);
    return WaitEnd::kWoken;
  }
  list_lock_.lock();
  if (entry.phase.load(std::memory_order_relaxed) == Phase::kNotified) {
    list_lock_.unlock();
    return WaitEnd::kWoken;
  }
  entry.phase.store(Phase::kParked, std::memory_order_relaxed);
  return detail::wait_in_list(list_lock_, waiters_, entry, limits, {detail::WaitReason::kCondVar, this});
}

void CondVar::abandon(Entry& entry) noexcept {
  const Section section;
  list_lock_.lock();
  const bool notified = entry.phase.load(std::memory_order_relaxed) == Phase::kNotified;
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
      detail::Goroutine* const waiter = entry->goroutine;
      if (notify(*entry)) wake = waiter;
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
      if (notify(*entry)) parked.push_back(entry);
    }
    waiting_.store(false, std::memory_order_relaxed);
  }
  while (detail::Waiter* entry = parked.front()) {
    parked.remove(entry);
    detail::ready_tail(entry->goroutine);
  }
}

}  // namespace weft
