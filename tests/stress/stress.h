// tests/stress/stress.h: what the scheduler's stress tests share: rounds over seeds and processors, under a watchdog.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>

#include "sched/trace_line.h"
#include "stress/chan_stress_support.h"
#include "weft/detail/park.h"
#include "weft/detail/spin_lock.h"
#include "weft/detail/timer_node.h"
#include "weft/runtime.h"

namespace weft::stress {

/// Dumps all goroutines and aborts when nobody called progress() for WEFT_STRESS_PATIENCE seconds (60): a lost wake-up
/// hangs.
class Watchdog {
 public:
  Watchdog() : thread_([this] { watch(); }) {}
  ~Watchdog() {
    {
      const std::scoped_lock guard(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  void progress() noexcept { steps_.fetch_add(1, std::memory_order_relaxed); }

 private:
  void watch() {
    const std::chrono::seconds patience(number_from_environment("WEFT_STRESS_PATIENCE", 60));
    std::unique_lock lock(mutex_);
    while (!ended_) {
      const std::uint64_t before = steps_.load(std::memory_order_relaxed);
      if (changed_.wait_for(lock, patience, [this] { return ended_; })) return;
      if (steps_.load(std::memory_order_relaxed) != before) continue;
      std::cerr << "no progress for " << patience.count() << " s, at step " << before << "\n";
      sched::write_trace_line(2, detail::monotonic_now());
      dump_goroutines(2);
      std::abort();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::atomic<std::uint64_t> steps_{0};
  std::thread thread_;
};

/// As rounds(), under a watchdog that wants a round to end now and then.
template <class Round>
void watched_rounds(Round round) {
  Watchdog watchdog;
  rounds([&](Random& random) {
    watchdog.progress();
    round(random);
  });
}

/// Counted permits on park() and ready() alone, so that what fails here is the scheduler and not a primitive.
class Permits {
 public:
  void take() noexcept {
    const detail::Section section;
    lock_.lock();
    if (count_ > 0) {
      --count_;
      lock_.unlock();
      return;
    }
    Node node{detail::self(), nullptr};
    *tail_ = &node;
    tail_ = &node.next;
    detail::park_unlock(lock_, detail::WaitReason::kSemaphore, this);
  }
  /// Hands the permit to the oldest waiter: it runs next, or at the queue's tail.
  void give(bool at_tail) noexcept {
    const detail::Section section;
    lock_.lock();
    Node* node = head_;
    if (node == nullptr) {
      ++count_;
      lock_.unlock();
      return;
    }
    head_ = node->next;
    if (head_ == nullptr) tail_ = &head_;
    lock_.unlock();
    if (at_tail) {
      detail::ready_tail(node->waiter);
    } else {
      detail::ready(node->waiter);
    }
  }
  int count() noexcept {
    const detail::Section section;
    const detail::SpinGuard guard(lock_);
    return count_;
  }

 private:
  struct Node {
    detail::Goroutine* waiter;
    Node* next;
  };
  detail::SpinLock lock_;
  int count_ = 0;
  Node* head_ = nullptr;
  Node** tail_ = &head_;
};

/// Work that no compiler leaves out.
inline void burn(int turns) noexcept {
  volatile int sink = 0;
  for (int i = 0; i < turns; ++i) sink = sink + i;
}

}  // namespace weft::stress
