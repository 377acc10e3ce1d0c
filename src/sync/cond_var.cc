// A list of waiters; the one subtlety is that a waiter is linked before the user's lock is dropped and parks after,
// since unlock() is user code that may itself park. Whoever is notified in between finds `phase` changed and does not
// park.
//
// INVARIANTS [cond.I1] an Entry is linked from begin() until it is notified or its wait ends otherwise; under
//                      list_lock_
//            [cond.I2] once all are notified the CondVar may go. So a waiter without limits parks without list_lock_:
//                      its entry's phase decides whether the notifier or the park came first
//            [cond.I3] a waiter with limits says so (kComing) before it takes list_lock_. A notifier that takes out
//                      one that still comes for the lock, to park or because its wait ended otherwise, counts it in
//                      leaving_; the destructor waits until that is zero
#include "weft/sync/cond_var.h"

#include "weft/detail/chan_core.h"
#include "weft/runtime.h"

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

// Under list_lock_: takes the entry out. Unless it is to be readied it may be gone when the lock is dropped.
CondVar::Taken CondVar::take(Entry& entry) noexcept {
  waiters_.remove(&entry);
  if (!entry.try_claim()) {
    entry.counts_as_leaving = true;
    leaving_.fetch_add(1, std::memory_order_relaxed);
    return Taken::kNotAWaiter;
  }
  const Phase before = entry.phase.exchange(Phase::kNotified, std::memory_order_acq_rel);
  if (before == Phase::kComing) leaving_.fetch_add(1, std::memory_order_relaxed);
  return before == Phase::kParked ? Taken::kToBeReadied : Taken::kNotified;
}

// False: it has been notified, and the CondVar may be gone.
bool CondVar::announce_coming(Entry& entry) noexcept {
  Phase linked = Phase::kLinked;
  return entry.phase.compare_exchange_strong(linked, Phase::kComing, std::memory_order_acq_rel,
                                             std::memory_order_acquire);
}

// The last touch of one that was taken out while it still came for the lock.
void CondVar::has_left() noexcept { leaving_.fetch_sub(1, std::memory_order_release); }

WaitEnd CondVar::wait_coming(Entry& entry, detail::WaitLimits limits) noexcept {
  list_lock_.lock();
  if (entry.phase.load(std::memory_order_relaxed) == Phase::kNotified) {
    list_lock_.unlock();
    has_left();
    return WaitEnd::kWoken;
  }
  entry.phase.store(Phase::kParked, std::memory_order_relaxed);
  const WaitEnd end = detail::wait_in_list(list_lock_, waiters_, entry, limits, {detail::WaitReason::kCondVar, this});
  if (entry.counts_as_leaving) has_left();
  return end;
}

WaitEnd CondVar::finish(Entry& entry, detail::WaitLimits limits) noexcept {
  const Section section;
  if (!limits.none()) return announce_coming(entry) ? wait_coming(entry, limits) : WaitEnd::kWoken;
  detail::park(&commit_park, &entry, detail::WaitReason::kCondVar, this);
  return WaitEnd::kWoken;
}

// The user's unlock() has thrown. A notification that came in the meantime was for somebody who waits.
void CondVar::abandon(Entry& entry) noexcept {
  const Section section;
  if (!announce_coming(entry)) return notify_one();
  list_lock_.lock();
  const bool notified = entry.phase.load(std::memory_order_relaxed) == Phase::kNotified;
  if (!notified) waiters_.remove(&entry);
  list_lock_.unlock();
  if (!notified) return;
  notify_one();
  has_left();
}

void CondVar::notify_one_slow() noexcept {
  const Section section;
  detail::Goroutine* wake = nullptr;
  {
    const SpinGuard guard(list_lock_);
    Taken taken = Taken::kNotAWaiter;
    while (taken == Taken::kNotAWaiter && !waiters_.empty()) {
      auto* entry = static_cast<Entry*>(waiters_.front());
      taken = take(*entry);
      if (taken == Taken::kToBeReadied) wake = entry->goroutine;
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
    while (auto* entry = static_cast<Entry*>(waiters_.front())) {
      if (take(*entry) == Taken::kToBeReadied) parked.push_back(entry);
    }
    waiting_.store(false, std::memory_order_relaxed);
  }
  while (detail::Waiter* entry = parked.front()) {
    parked.remove(entry);
    detail::ready_tail(entry->goroutine);
  }
}

CondVar::~CondVar() {
  {
    const Section section;
    const SpinGuard guard(list_lock_);  // a notifier may not have let go of it yet
  }
  while (leaving_.load(std::memory_order_acquire) != 0) yield();
}

}  // namespace weft
