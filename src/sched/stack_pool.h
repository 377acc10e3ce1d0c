// Stacks: size classes of reserved address space, committed by touch, guarded below, the control block in the top page.
//
//   one slot of a class (stride = the class's size)
//   | guard page | usable stack, grows down ............................ | callable | Goroutine | color |
//   low address                                                                             high address
//
// The control block is shifted down by 0..31 cache lines ("color"), so that the hot lines of many goroutines do not all
// fall into the same sets of the cache.
//
// INVARIANTS [stack.I1] a slot is handed out only with its guard in place; a guard is never removed
//            [stack.I2] a slot is in one place: never used, free (its control block links it), cold (pages given back;
//                       its index stands in the class's cold table), or in use
//            [stack.I3] address space is never unmapped: a Goroutine* stays readable for ever
// LOCKS      one leaf lock a class; processors keep a few free stacks of the default class for themselves
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "os/stack_memory.h"
#include "sched/goroutine.h"
#include "weft/detail/spin_lock.h"

namespace weft::sched {

using detail::Goroutine;

class StackPool {
 public:
  static constexpr std::size_t kSmallestBytes = 16 << 10;
  static constexpr std::size_t kLargestBytes = std::size_t{1} << 30;

  /// The class whose size is at least `bytes`.
  static std::uint8_t class_of(std::size_t bytes) noexcept;
  static std::size_t class_bytes(std::uint8_t size_class) noexcept { return kClassBytes[size_class]; }

  /// C code does not probe its stack: a guard wider than most frames stops what would step over one page.
  static std::size_t guard_bytes(std::uint8_t size_class) noexcept {
    return kClassBytes[size_class] / 16 < os::page_bytes()
               ? os::page_bytes()
               : std::min<std::size_t>(kClassBytes[size_class] / 16, 64 << 10);
  }

  /// A dead goroutine with its stack; null when there is no address space or no guard to be had (see last_error()).
  Goroutine* take(std::uint8_t size_class) noexcept;
  void put(Goroutine* goroutine) noexcept;

  /// Moves up to `most` free goroutines of the class to a list linked through queue_next; never makes new ones.
  std::uint32_t take_free(std::uint8_t size_class, std::uint32_t most, Goroutine** list) noexcept;
  void put_list(std::uint8_t size_class, Goroutine* first, Goroutine* last, std::uint32_t count) noexcept;

  /// How much of what has been free since the last call goes: half while the program works, all when it rests.
  enum class Trim { kHalf, kAll };
  /// Gives back their pages. The monitor's. Returns how many stacks.
  std::size_t trim(Trim how) noexcept;
  /// Whether trim will have something to do, now or later.
  bool has_free() noexcept;

  enum class Shortage { kNone, kAddressSpace, kGuards };
  Shortage last_shortage() const noexcept { return shortage_.load(std::memory_order_relaxed); }

  /// Calls visit(Goroutine*) for every slot ever used. Slots may change state meanwhile.
  template <class Visit>
  void for_each(Visit&& visit) noexcept {
    for (std::uint8_t c = 0; c < kClasses; ++c) {
      Class& cls = classes_[c];
      const std::uint32_t chunks = cls.chunk_count.load(std::memory_order_acquire);
      for (std::uint32_t k = 0; k < chunks; ++k) {
        const std::uint32_t used = cls.chunks[k].used.load(std::memory_order_acquire);
        for (std::uint32_t i = 0; i < used; ++i) visit(control_block(cls.chunks[k], c, i));
      }
    }
  }

  /// The goroutine in whose slot (guard included) the address lies, or null. Async-signal-safe.
  Goroutine* find(const void* address) noexcept;

  struct Usage {
    std::uint64_t reserved_bytes, slots_used, slots_free, slots_cold;
  };
  Usage usage() noexcept;
  void lock_for_fork() noexcept;
  void unlock_after_fork() noexcept;

 private:
  static constexpr std::uint8_t kClasses = 9;
  static constexpr std::array<std::size_t, kClasses> kClassBytes = {
      16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20, 64 << 20, 256 << 20, std::size_t{1} << 30};
  static constexpr std::uint32_t kChunks = 48;
  static constexpr std::uint32_t kGuardBatch = 32;
  static constexpr std::uint32_t kTrimBatch = 64;
  static constexpr std::uint32_t kColors = 32;

  struct Chunk {
    std::byte* base = nullptr;
    std::uint32_t slots = 0;
    std::uint32_t guarded = 0;              // slots [0, guarded) have their guard
    detail::Atomic<std::uint32_t> used{0};  // slots [0, used) were handed out at least once
  };
  /// For tools/gdb/weft.py, which cannot see constants that the compiler folded.
  struct DebugLayout {
    StackPool* pool;
    std::uint32_t colors;
    std::array<std::size_t, kClasses> class_bytes;
  };
  static const DebugLayout kDebugLayout;

  struct ColdSlot {
    std::uint32_t chunk, index;
  };
  struct Class {
    detail::SpinLock lock;
    Goroutine* free = nullptr;
    std::uint32_t free_count = 0;
    std::uint32_t free_low_water = 0;  // least free_count since the last trim
    ColdSlot* cold = nullptr;          // a stack in reserved memory, made at the first trim
    std::uint32_t cold_count = 0;
    std::uint32_t cold_room = 0;
    detail::Atomic<std::uint32_t> chunk_count{0};
    std::array<Chunk, kChunks> chunks;
  };

  static Goroutine* control_block(const Chunk& chunk, std::uint8_t size_class, std::uint32_t index) noexcept;
  static std::byte* slot_base(const Chunk& chunk, std::uint8_t size_class, std::uint32_t index) noexcept {
    return chunk.base + std::size_t{index} * kClassBytes[size_class];
  }
  static Goroutine* build(const Chunk& chunk, std::uint8_t size_class, std::uint32_t index) noexcept;
  static Goroutine* lay_out(const Chunk& chunk, std::uint8_t size_class, std::uint32_t index) noexcept;
  Goroutine* take_fresh_locked(std::uint8_t size_class) noexcept;
  bool add_chunk_locked(std::uint8_t size_class) noexcept;
  bool guard_more_locked(Chunk& chunk, std::uint8_t size_class) noexcept;
  std::size_t trim_class(std::uint8_t size_class, Trim how) noexcept;
  std::uint32_t take_surplus(std::uint8_t size_class, Trim how) noexcept;
  void cool(std::uint8_t size_class, Goroutine* list) noexcept;
  static ColdSlot slot_of(const Class& cls, std::uint8_t size_class, const std::byte* base) noexcept;

  detail::Atomic<Shortage> shortage_{Shortage::kNone};
  std::array<Class, kClasses> classes_;
};

/// The process's pool.
StackPool& stack_pool() noexcept;

}  // namespace weft::sched
