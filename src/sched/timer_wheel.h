// Timers of one processor: a hierarchical timing wheel, all intrusive, O(1) to arm and to disarm.
//
//   level 0:  64 slots of 2^14 ns (16 us)      a timer sits in the level of the highest 6-bit digit in which its tick
//   level 1:  64 slots of 2^20 ns (1 ms)       differs from `elapsed`; when a slot of a higher level comes up,
//   ...       each 64 times coarser            its timers move down (cascade). A timer never fires early, at most one
//   level 7:  the rest of int64                tick late.
//
// INVARIANTS [timer.I1] every node in a slot of level L agrees with `elapsed_` in all digits above L
//            [timer.I2] occupied_[L] has bit s set exactly if slot s of level L holds a node
//            [timer.I3] next_when_ is at most the time at which expire() has something to do
// LOCKS      lock_ guards everything but next_when_ (written under it, read by anybody). Callbacks run without it.
// SOURCE     Varghese & Lauck, SOSP 1987, scheme 7. REJECTED [timer.R1] a heap (Go): it allocates, and a cancelled
//            timer either costs O(log n) cache misses or must outlive its owner.
// EVIDENCE   src/sched/timer_wheel_test.cc checks it against a sorted reference over random operations
#pragma once

#include <array>
#include <cstdint>

#include "weft/detail/spin_lock.h"
#include "weft/detail/timer_node.h"

namespace weft::sched {

class TimerWheel {
 public:
  TimerWheel() = default;

  /// Adds a node that is in no wheel. True when it became the earliest: a sleeper may have to be told.
  bool add(detail::TimerNode& node, detail::MonotonicNanos now) noexcept;

  /// Takes the node out if it is in this wheel.
  bool remove(detail::TimerNode& node) noexcept;

  /// Runs the callbacks of what is due, a batch at a time, outside of the lock. Returns how many ran.
  std::size_t expire(detail::MonotonicNanos now) noexcept;

  /// When expire() should be called next, perhaps too early by a cascade; kNever when empty. No lock.
  detail::MonotonicNanos next_when() const noexcept { return next_when_.load(std::memory_order_acquire); }

  /// Moves every timer to `other`: the processor goes away.
  void move_all_to(TimerWheel& other, detail::MonotonicNanos now) noexcept;

  std::size_t size() noexcept;
  /// Verifies the invariants; for tests.
  bool check() noexcept;
  void lock_for_fork() noexcept { lock_.lock(); }
  /// Under the lock: a callback runs, or is about to. Whoever cancels its timer waits for it, in a child for ever.
  bool firing() const noexcept { return batches_firing_.load(std::memory_order_acquire) != 0; }
  void unlock_after_fork() noexcept { lock_.unlock(); }
  /// In the child, locked: lets every timer go unarmed, for its owner may still cancel it, and unlocks.
  void reset_after_fork() noexcept;

 private:
  static constexpr std::uint32_t kTickBits = 14;
  static constexpr std::uint32_t kSlotBits = 6;
  static constexpr std::uint32_t kSlots = 1u << kSlotBits;
  static constexpr std::uint32_t kLevels = 9;
  using Tick = std::uint64_t;

  static Tick tick_at_or_after(detail::MonotonicNanos when) noexcept;
  static detail::MonotonicNanos nanos_of(Tick tick) noexcept;
  struct Place {
    std::uint32_t level, slot;
  };
  struct Due {
    bool any;
    Place place;
    Tick tick;
  };
  void link(detail::TimerNode& node) noexcept;
  void unlink(detail::TimerNode& node) noexcept;
  Due next_due() const noexcept;
  void update_next_when() noexcept;
  std::size_t collect(detail::MonotonicNanos now, detail::TimerNode** out, std::size_t room) noexcept;

  detail::SpinLock lock_;
  Tick elapsed_ = 0;
  std::size_t size_ = 0;
  detail::Atomic<std::uint32_t> batches_firing_{0};  // rises under the lock
  detail::Atomic<detail::MonotonicNanos> next_when_{detail::kNever};
  std::array<std::uint64_t, kLevels> occupied_{};
  std::array<std::array<detail::TimerNode*, kSlots>, kLevels> slots_{};
};

}  // namespace weft::sched
