// An unbounded FIFO of ready goroutines that allocates nothing.
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

}  // namespace weft::sched
