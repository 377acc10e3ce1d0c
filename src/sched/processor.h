// A processor: the right to run goroutines, with what only its holder touches.
//
//   holder-only (the machine inside a section; the monitor while it holds a taken processor): runnext, free stacks,
//                counters
//   shared: ring (see run_ring.h), wheel (its own lock), the Atomic fields (written by the holder, read by the monitor)
#pragma once

#include <array>
#include <cstdint>

#include "sched/goroutine.h"
#include "sched/latency_histogram.h"
#include "sched/run_length.h"
#include "sched/run_ring.h"
#include "sched/timer_wheel.h"

namespace weft::detail {

/// Single-writer counter: a plain add for its holder, readable by all. Who reads an addition sees what came before it.
class HolderCounter {
 public:
  void add(std::int64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_release);
  }
  std::int64_t read() const noexcept { return value_.load(std::memory_order_acquire); }

 private:
  Atomic<std::int64_t> value_{0};
};

/// A LIFO of dead goroutines of the default stack class, linked through queue_next.
struct FreeStacks {
  Goroutine* top = nullptr;
  std::uint32_t count = 0;
};

struct alignas(64) Processor {
  static constexpr std::uint32_t kRingSlots = 256;

  std::uint32_t index = 0;
  std::uint32_t random_state = 1;
  std::uint32_t schedule_tick = 0;   // counts picks of the scheduler loop; every so many the global queue comes first
  std::uint32_t picks_to_look = 1;   // to the next look at timers and the global queue from the fast pick
  std::uint32_t pinned_streak = 0;   // times it went to a machine with pinned work; bounded, for the ring's sake
  std::uint32_t runnext_streak = 0;  // picks in a row from runnext; bounded, so a pair cannot starve the ring
  Atomic<Goroutine*> runnext{nullptr};
  FreeStacks free_stacks;
  std::uint64_t next_id = 0, last_id = 0;  // this processor's batch of goroutine ids
  std::uint32_t sample_countdown = 0;      // to the next goroutine whose queue latency is measured

  Atomic<bool> timer_due{false};             // set by the monitor, cleared by the holder: look at the wheel now
  Atomic<sched::Machine*> machine{nullptr};  // who holds it; null: idle. Under the scheduler's lock, or by the monitor
  Processor* idle_next = nullptr;            // under the scheduler's lock
  bool held = false;                         // under the scheduler's lock: by a machine, or on its way to one

  HolderCounter spawned, finished, switches, steals_from_others;
  sched::LatencyHistogram queue_latency;
  sched::RunLength run_length;
  std::int64_t watched_switches = 0;  // the monitor's: at its last look
  Atomic<bool> stands_still{false};   // written by the monitor: no switch between its last two looks

  sched::RunRing<Goroutine, kRingSlots> ring;
  sched::TimerWheel wheel;

  /// Whether another processor should take from the ring: where nobody else would come by in a moment, or where it
  /// holds so much that another core, which takes some 25 us to wake, would find work left. Runs as short as the move
  /// of a goroutine's memory to another core are done sooner where they are. From any thread, a snapshot. See
  /// [sched.R1].
  bool wants_help() const noexcept {
    constexpr MonotonicNanos kWakeUpNanos = 20'000;
    constexpr MonotonicNanos kMoveNanos = 300;
    const std::uint32_t queued = ring.size();
    if (queued == 0) return false;
    const MonotonicNanos run = run_length.average();
    if (run >= kMoveNanos && queued * run >= kWakeUpNanos) return true;
    return machine.load(std::memory_order_relaxed) == nullptr || stands_still.load(std::memory_order_relaxed);
  }
  /// True when something waits for this processor's holder. From any thread, a snapshot.
  bool has_queued() const noexcept { return runnext.load(std::memory_order_relaxed) != nullptr || !ring.empty(); }
};

}  // namespace weft::detail
