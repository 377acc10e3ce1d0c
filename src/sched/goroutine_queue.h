// Unbounded queues of ready goroutines that allocate nothing.
#pragma once

#include "sched/goroutine.h"

namespace weft::sched {

using detail::Goroutine;

/// A FIFO of goroutines linked through queue_next; under the lock of its owner.
struct GoroutineQueue {
  Goroutine* head = nullptr;
  Goroutine* tail = nullptr;
  std::uint32_t count = 0;

  bool empty() const noexcept { return head == nullptr; }
  void push(Goroutine* g) noexcept {
    g->queue_next = nullptr;
    (tail != nullptr ? tail->queue_next : head) = g;
    tail = g;
    ++count;
  }
  Goroutine* pop() noexcept {
    Goroutine* g = head;
    if (g == nullptr) return nullptr;
    head = g->queue_next;
    if (head == nullptr) tail = nullptr;
    --count;
    return g;
  }
};

/// The same with both ends to take from, linked through queue_previous too.
class GoroutineDeque {
 public:
  bool empty() const noexcept { return newest_ == nullptr; }
  void push_newest(Goroutine* g) noexcept {
    g->queue_next = nullptr;
    g->queue_previous = newest_;
    (newest_ != nullptr ? newest_->queue_next : oldest_) = g;
    newest_ = g;
  }
  Goroutine* pop_oldest() noexcept {
    Goroutine* g = oldest_;
    oldest_ = g->queue_next;
    (oldest_ != nullptr ? oldest_->queue_previous : newest_) = nullptr;
    return g;
  }
  Goroutine* pop_newest() noexcept {
    Goroutine* g = newest_;
    newest_ = g->queue_previous;
    (newest_ != nullptr ? newest_->queue_next : oldest_) = nullptr;
    return g;
  }

 private:
  Goroutine* oldest_ = nullptr;
  Goroutine* newest_ = nullptr;
};

}  // namespace weft::sched
