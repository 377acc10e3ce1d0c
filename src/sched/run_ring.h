// A processor's bounded FIFO of ready goroutines: one owner pushes and pops, any thief takes half from the old end.
//
// INVARIANTS [ring.I1] head <= tail <= head + N, as free-running counters; slots [head, tail) hold the queued
//                      goroutines
//            [ring.I2] only the owner writes tail and slots; head moves by CAS alone, so each slot is taken once
//            [ring.I3] a thief reads the slots before its CAS: a slot that the owner reused meanwhile fails the CAS,
//                      since head has moved
// ORDERING   tail: release by the owner after the slot store, acquired by thieves. head: the taker's release CAS pairs
//            with the owner's acquire load in push(), so a slot is not overwritten before its taker has read it.
// SOURCE     the bounded queue of Go's scheduler (runq in proc.go); steal half after Hendler & Shavit, PODC 2002.
// EVIDENCE   tests/model/run_ring_model.cc with N = 4; tests/stress/run_ring_stress.cc
#pragma once

#include <cstdint>

#include "weft/detail/atomic.h"

namespace weft::sched {

template <class T, std::uint32_t N>
class RunRing {
  static_assert((N & (N - 1)) == 0, "a power of two");

 public:
  static constexpr std::uint32_t kCapacity = N;

  /// Owner only. False when full.
  bool push(T* item) noexcept {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) >= N) return false;
    slots_[tail % N].store(item, std::memory_order_relaxed);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Owner only. The oldest, or null.
  T* pop() noexcept {
    std::uint32_t head = head_.load(std::memory_order_acquire);
    while (true) {
      const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
      if (tail == head) return nullptr;
      T* item = slots_[head % N].load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_acq_rel, std::memory_order_acquire))
        return item;
    }
  }

  /// Owner only. Takes the older half out, into `out` (room for N/2). Returns how many.
  std::uint32_t take_half(T** out) noexcept { return grab(out); }

  /// A thief's call: moves half of this ring (at least one) into `thief`'s ring, which is empty and the caller's own,
  /// and returns one of them to run at once; null if there was nothing.
  T* steal_into(RunRing& thief) noexcept {
    T* taken[N / 2];
    const std::uint32_t count = grab(taken);
    if (count == 0) return nullptr;
    for (std::uint32_t i = 1; i < count; ++i) thief.push(taken[i]);
    return taken[0];
  }

  bool empty() const noexcept { return size() == 0; }
  /// Exact for the owner, a snapshot for others.
  std::uint32_t size() const noexcept {
    const std::uint32_t head = head_.load(std::memory_order_acquire);
    const std::uint32_t tail = tail_.load(std::memory_order_acquire);
    return tail - head > N ? 0 : tail - head;
  }

 private:
  std::uint32_t grab(T** out) noexcept {
    while (true) {
      std::uint32_t head = head_.load(std::memory_order_acquire);
      const std::uint32_t tail = tail_.load(std::memory_order_acquire);
      const std::uint32_t queued = tail - head;
      const std::uint32_t count = queued - queued / 2;
      if (queued == 0) return 0;
      if (count > N / 2) continue;  // head and tail were read at different moments
      for (std::uint32_t i = 0; i < count; ++i) out[i] = slots_[(head + i) % N].load(std::memory_order_relaxed);
      if (head_.compare_exchange_strong(head, head + count, std::memory_order_acq_rel, std::memory_order_relaxed))
        return count;
    }
  }

  alignas(64) detail::Atomic<std::uint32_t> head_{0};
  alignas(64) detail::Atomic<std::uint32_t> tail_{0};
  detail::Atomic<T*> slots_[N] = {};
};

}  // namespace weft::sched
