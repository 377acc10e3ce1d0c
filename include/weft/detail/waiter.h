// weft/detail/waiter.h: one wait of one goroutine in one primitive's list, and the claim that decides who wakes it.
//
// A goroutine that waits on several things at once (a select's cases, a deadline, a context) has a Waiter in each list
// and one Claim for all. Who wants to wake it must win the claim first; the one winner calls ready(), the others pass
// over it. Both live in the waiting call's stack frame: the waiter takes its nodes out of all lists, under each list's
// lock, and disarms its timer before it returns.
//
// INVARIANTS [wait.I1] a Waiter is touched by others only under the lock of the list it is in
//            [wait.I2] ready() is called by the winner of the claim, exactly once for each park
//            [wait.I3] a Waiter's memory outlives its membership in every list
#pragma once

#include <cstddef>
#include <cstdint>

#include "weft/detail/atomic.h"
#include "weft/detail/park.h"

namespace weft::detail {

/// Decides between competing wakers of one wait.
class Claim {
 public:
  static constexpr std::uint32_t kOpen = 0;

  /// Makes `token` (not kOpen) the outcome if none has been made yet.
  bool try_claim(std::uint32_t token) noexcept {
    std::uint32_t open = kOpen;
    return outcome_.load(std::memory_order_relaxed) == kOpen &&
           outcome_.compare_exchange_strong(open, token, std::memory_order_acq_rel, std::memory_order_acquire);
  }
  std::uint32_t outcome() const noexcept { return outcome_.load(std::memory_order_acquire); }
  void reopen() noexcept { outcome_.store(kOpen, std::memory_order_relaxed); }

 private:
  Atomic<std::uint32_t> outcome_{kOpen};
};

struct Waiter {
  Waiter* prev = nullptr;
  Waiter* next = nullptr;
  Goroutine* goroutine = nullptr;
  Claim* claim = nullptr;   // null: a single-cause wait, no competition
  std::uint32_t token = 1;  // the claim's outcome if this node wins (select: case index + 1)
  bool linked = false;      // in a list; under the list's lock
  bool ok = false;          // set by the waker: the operation happened (channels: not woken by close)
  void* slot = nullptr;     // where the value goes or comes from; the primitive's own meaning

  /// True when the caller may wake this waiter. Under the list's lock.
  bool try_claim() noexcept { return claim == nullptr || claim->try_claim(token); }
};

/// Intrusive FIFO of waiters; every call under the owning primitive's lock.
class WaitList {
 public:
  bool empty() const noexcept { return head_ == nullptr; }
  Waiter* front() const noexcept { return head_; }

  void push_back(Waiter* w) noexcept {
    w->prev = tail_;
    w->next = nullptr;
    (tail_ != nullptr ? tail_->next : head_) = w;
    tail_ = w;
    w->linked = true;
  }
  void push_front(Waiter* w) noexcept {
    w->prev = nullptr;
    w->next = head_;
    (head_ != nullptr ? head_->prev : tail_) = w;
    head_ = w;
    w->linked = true;
  }
  void remove(Waiter* w) noexcept {
    (w->prev != nullptr ? w->prev->next : head_) = w->next;
    (w->next != nullptr ? w->next->prev : tail_) = w->prev;
    w->prev = w->next = nullptr;
    w->linked = false;
  }
  /// Takes out the oldest waiter whose claim is won; drops from the list those who were claimed by another cause.
  Waiter* pop_claimed() noexcept {
    while (Waiter* w = head_) {
      remove(w);
      if (w->try_claim()) return w;
    }
    return nullptr;
  }

 private:
  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
};

}  // namespace weft::detail
