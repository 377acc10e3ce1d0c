// Select: one of several channel operations, whichever can go first.
//
// PROTOCOL   try    [select.P1] peek at every case without a lock; of those that look ready take one at random, lock
//                   its channel and carry it out; if it no longer is ready, start again; go on when none looks ready
//                   [select.P2] `otherwise`, or a timeout of zero: done
//            park   [select.P3] lock all channels in address order, each once, and try again: nothing can change now
//                   [select.P4] link a waiter in each channel's list, all with one Claim
//                   [select.P5] park; the commit arms the timer, then unlocks the channels in the same order
//            awake  [select.P6] who won the claim has carried the winner's case out. Unlink the losers, each under
//                   its channel's lock, and cancel the timer
// INVARIANTS [select.I1] the frame outlives the commit. A waker can claim as soon as the first lock is free, while
//            the commit still reads the frame to free the rest. But P6 takes the lock of every channel except that of
//            the winner (and that too, if a loser is in its lists), so it waits until the commit has let go of the
//            last one; and if the last one is the winner's, the commit had ended before the claim
//            [select.I2] each ready case is as likely as any other: the choice is made among all that look ready, and
//            again after one has turned out not to be
//            [select.I3] one select never meets itself: it is in the lists only after P3 found nobody to meet
// REJECTED   [select.R1] a random permutation of the cases, tried in turn: costs a random number and a store a case,
//            when one number and a second look at the ready ones do
//            [select.R2] locking everything at once in P1: a ready case needs one lock, not all
// EVIDENCE   src/sync/select_test.cc (chi-squared over the ready cases), tests/stress/select_stress.cc, tests/model/
#include "weft/detail/select_core.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <new>

#include "weft/detail/chan_typed.h"

namespace weft::detail {

namespace {

bool maybe_ready(const SelectCase& c) noexcept {
  return c.core != nullptr && (c.sends ? c.core->maybe_sendable() : c.core->maybe_receivable());
}

std::uint64_t random_below(std::uint32_t bound) noexcept { return (std::uint64_t{fast_random()} * bound) >> 32; }

/// One of the cases that look ready, each as likely as any other; kNoCase when none does.
std::size_t pick(const SelectRequest& request) noexcept {
  std::size_t first = kNoCase;
  std::uint32_t found = 0;
  for (std::size_t i = 0; i != request.count; ++i) {
    if (!maybe_ready(request.cases[i])) continue;
    if (found++ == 0) first = i;
  }
  if (found < 2) return first;
  std::uint64_t skip = random_below(found);
  std::size_t last = first;
  for (std::size_t i = first; i != request.count; ++i) {
    if (!maybe_ready(request.cases[i])) continue;
    last = i;
    if (skip-- == 0) break;
  }
  return last;
}

/// Carries the case out if it is ready. Under its channel's lock.
bool attempt_locked(SelectCase& c, Goroutine** wake) noexcept {
  const Attempt attempt = c.sends ? c.core->try_send_locked(c.slot, wake) : c.core->try_recv_locked(c.slot, wake);
  c.ok = attempt == Attempt::kDone;
  return attempt != Attempt::kNotReady;
}

/// [select.P1]
std::size_t try_each(const SelectRequest& request) noexcept {
  for (;;) {
    const std::size_t chosen = pick(request);
    if (chosen == kNoCase || select_attempt(request.cases[chosen])) return chosen;
  }
}

/// Cases of one channel wait in its line one behind the other: in which order is left to chance, or I2 would not hold
/// for those that a waker serves.
void shuffle_equals(const SelectRequest& request, std::size_t active) noexcept {
  std::size_t first = 0;  // of those with the channel of i
  for (std::size_t i = 1; i < active; ++i) {
    if (request.cases[request.order[i]].core != request.cases[request.order[first]].core) {
      first = i;
      continue;
    }
    const std::size_t other = first + random_below(static_cast<std::uint32_t>(i - first + 1));
    std::swap(request.order[i], request.order[other]);
  }
}

/// Fills `order` with the cases that have a channel, by the channel's address, and returns how many there are.
std::size_t sort_by_address(const SelectRequest& request) noexcept {
  std::size_t active = 0;
  for (std::size_t i = 0; i != request.count; ++i) {
    if (request.cases[i].core != nullptr) request.order[active++] = static_cast<std::uint32_t>(i);
  }
  std::sort(request.order, request.order + active, [&](std::uint32_t a, std::uint32_t b) {
    return std::less<>()(request.cases[a].core, request.cases[b].core);
  });
  shuffle_equals(request, active);
  return active;
}

class ParkedSelect {
 public:
  explicit ParkedSelect(const SelectRequest& request) noexcept : request_(request), active_(sort_by_address(request)) {}

  /// [select.P3]-[select.P6]
  std::size_t run() noexcept {
    lock_all();
    Goroutine* wake = nullptr;
    const std::size_t fired = try_all_locked(&wake);
    if (fired != kNoCase) {
      unlock_all();
      if (wake != nullptr) ready(wake);
      return fired;
    }
    link_all_locked();
    const bool endless = active_ == 0 && timer_.when == kNever;
    do {  // NOLINT(bugprone-infinite-loop): with nothing to wake it, a select sleeps for ever
      park(&ParkedSelect::commit, this, endless ? WaitReason::kSelectNoCases : request_.reason, address());
    } while (endless);
    return finish();
  }

 private:
  struct Timer : TimerNode {
    Claim* claim = nullptr;
    std::uint32_t token = 0;
    Goroutine* goroutine = nullptr;
  };

  ChanCore* core(std::size_t position) const noexcept { return request_.cases[request_.order[position]].core; }
  bool last_of_its_channel(std::size_t position) const noexcept {
    return position + 1 == active_ || core(position + 1) != core(position);
  }
  const void* address() const noexcept { return active_ == 0 ? nullptr : core(0); }

  void lock_all() noexcept {
    for (std::size_t i = 0; i != active_; ++i) {
      if (last_of_its_channel(i)) core(i)->lock.lock();
    }
  }

  /// Reads nothing of the frame once the last lock is free: I1.
  void unlock_all() noexcept {
    const std::size_t active = active_;
    for (std::size_t i = 0; i != active;) {
      ChanCore* const held = core(i);
      while (i != active && core(i) == held) ++i;
      held->lock.unlock();
    }
  }

  /// A peek under the lock is wrong only about waiters whose wait has ended another way; the attempt drops those.
  std::size_t try_all_locked(Goroutine** wake) noexcept {
    for (;;) {
      const std::size_t chosen = pick(request_);
      if (chosen == kNoCase || attempt_locked(request_.cases[chosen], wake)) return chosen;
    }
  }

  void link_all_locked() noexcept {
    Goroutine* const goroutine = self();
    for (std::size_t i = 0; i != active_; ++i) {
      const std::uint32_t index = request_.order[i];
      const SelectCase& c = request_.cases[index];
      Waiter* const w = ::new (request_.waiters + index) Waiter;
      w->goroutine = goroutine;
      w->claim = &claim_;
      w->token = index + 1;
      w->slot = c.slot;
      c.sends ? c.core->add_sender_locked(*w) : c.core->add_receiver_locked(*w);
    }
    if (request_.timeout == kNever) {
      timer_.when = kNever;
      return;
    }
    const MonotonicNanos now = monotonic_now();
    timer_.when = request_.timeout < kNever - now ? now + request_.timeout : kNever;
    timer_.fire = &ParkedSelect::timeout;
    timer_.claim = &claim_;
    timer_.token = static_cast<std::uint32_t>(request_.timeout_case + 1);
    timer_.goroutine = goroutine;
  }

  static bool commit(Goroutine*, void* arg) noexcept {
    auto* const select = static_cast<ParkedSelect*>(arg);
    const bool locked =
        select->active_ != 0;  // without a lock to wait for, the frame may be gone once the timer is armed
    if (select->timer_.when != kNever) timer_arm(select->timer_, select->timer_.when);
    if (locked) select->unlock_all();
    return true;
  }

  static void timeout(TimerNode* node) noexcept {
    auto* const timer = static_cast<Timer*>(node);
    if (timer->claim->try_claim(timer->token)) ready(timer->goroutine);
  }

  /// [select.P6]
  std::size_t finish() noexcept {
    const std::size_t winner = claim_.outcome() - 1;
    for (std::size_t i = 0; i != active_; ++i) {
      const std::uint32_t index = request_.order[i];
      if (index != winner) unlink(request_.cases[index], request_.waiters[index]);
    }
    if (timer_.when != kNever) timer_cancel(timer_);
    if (request_.cases[winner].core != nullptr) request_.cases[winner].ok = request_.waiters[winner].ok;
    return winner;
  }

  static void unlink(const SelectCase& c, Waiter& w) noexcept {
    SpinGuard guard(c.core->lock);
    c.sends ? c.core->remove_sender_locked(w) : c.core->remove_receiver_locked(w);
  }

  const SelectRequest& request_;
  const std::size_t active_;
  Claim claim_;
  Timer timer_;
};

}  // namespace

bool select_attempt(SelectCase& c) noexcept {
  if (!c.sends && c.core->drained()) {  // many wait on one done channel: spare its lock
    c.ok = false;
    return true;
  }
  Goroutine* wake = nullptr;
  c.core->lock.lock();
  const bool fired = attempt_locked(c, &wake);
  c.core->lock.unlock();
  if (wake != nullptr) ready(wake);
  return fired;
}

std::size_t pick_bit(std::uint64_t bits) noexcept {
  const auto count = static_cast<std::uint32_t>(std::popcount(bits));
  const std::uint64_t skip = random_below(count);
  for (std::uint32_t i = 1; i != count; ++i)
    bits = i <= skip ? bits & (bits - 1) : bits;  // as many turns whatever is chosen
  return static_cast<std::size_t>(std::countr_zero(bits));
}

std::size_t select_run(const SelectRequest& request) noexcept {
  Section section;
  const std::size_t fired = try_each(request);
  return fired != kNoCase ? fired : select_wait(request);
}

std::size_t select_wait(const SelectRequest& request) noexcept {
  if (request.otherwise != kNoCase) return request.otherwise;
  if (request.timeout <= 0) return request.timeout_case;
  Section section;
  return ParkedSelect(request).run();
}

}  // namespace weft::detail
