// explorer/operation.h: what a thread of a model does, one visible step at a time, and which steps commute.
//
// A step is visible when another thread can notice it: an access to an atomic, a fence, a lock, park and ready. What
// lies between two visible steps runs in one go.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace model {

inline constexpr int kMaxThreads = 8;
inline constexpr std::size_t kMaxLocations = 96;

/// A store's place in the modification order of its location; 0 is the initial value.
using Stamp = std::uint16_t;

/// Counts, for each thread, its steps that come before.
using StepClock = std::array<std::uint32_t, kMaxThreads>;

enum class Kind : std::uint8_t {
  kLoad,
  kStore,
  kReadModifyWrite,
  kCompareExchange,  // object: the location
  kFence,
  kCompilerBarrier,
  kMembarrier,
  kLock,
  kTryLock,
  kUnlock,  // object: the lock
  kPark,
  kReady,   // object: the thread that parks or is woken
  kRelax,   // watched: the locations read since the last one
  kChoose,  // a choice of the model's own
};

/// How a read-modify-write makes the new value.
using Modify = std::uint64_t (*)(std::uint64_t old, std::uint64_t operand);

/// A step that a thread wants to make.
struct Operation {
  Kind kind = Kind::kChoose;
  int object = -1;
  std::memory_order order = std::memory_order_relaxed;
  std::memory_order failure_order = std::memory_order_relaxed;
  std::uint64_t operand = 0;   // what is stored; kChoose: the number of choices
  std::uint64_t expected = 0;  // kCompareExchange
  Modify modify = nullptr;     // kReadModifyWrite
  std::array<std::uint64_t, (kMaxLocations + 63) / 64> watched{};

  bool sequential() const noexcept { return order == std::memory_order_seq_cst; }
  bool watches(int location) const noexcept {
    return (watched[static_cast<std::size_t>(location) / 64] >> (location % 64) & 1) != 0;
  }
};

/// Which of its possible outcomes a step has: the stamp read, kSucceeds, or the model's own choice.
using Choice = std::uint16_t;
inline constexpr Choice kSucceeds =
    0xffff;  // a compare-exchange that finds what it expects; a try_lock; whatever has one outcome
inline constexpr Choice kGivesUp = 0;  // kRelax: the loop ends for impatience

/// A step with its outcome.
struct Event {
  Operation operation;
  int thread = -1;
  std::uint32_t index = 0;  // the thread's n-th step, from 1
  Choice choice = kSucceeds;
  Stamp written = 0;  // the stamp that a write made
  StepClock clock{};  // what comes before in the trace's dependency order, itself included
};

/// Accesses a location, as opposed to a lock, a thread or nothing.
bool is_access(Kind kind) noexcept;

/// Writes its location with this outcome.
bool is_write(const Operation& operation, Choice choice) noexcept;

/// Takes its lock with this outcome.
bool is_acquisition(const Operation& operation, Choice choice) noexcept;

/// True when the two, made by different threads one right after the other, give the same in either order.
bool commute(const Operation& a, Choice a_choice, const Operation& b, Choice b_choice) noexcept;

/// True when `later` read what `earlier` wrote, or does not commute with it.
bool ordered(const Event& earlier, const Event& later) noexcept;

/// True when `later` must also be tried before `earlier`: it may then have another outcome, or give `earlier` another
/// one.
bool reversible(const Event& earlier, const Event& later) noexcept;

}  // namespace model
