// The control block of a goroutine. It sits near the top of the goroutine's own stack, so a small parked goroutine is
// one page.
//
//   field                       written by                                   read by
//   status                      whoever moves it on (see Status)             anybody
//   context_sp, eh, errno       the machine that switches it out or in       that machine; the dump with a claim
//   queue_next                  who holds it ready                           same
//   machine                     the machine that runs it                     the dump
//   wait_*                      itself before it parks                       the dump while it holds a claim
//   id, pinned_to, name,        its maker, itself; relaxed                   the dump at any moment: a name may have
//   fork_generation                                                          words of two names
//   good_turns                  itself; the monitor, which resets it         the machine that is to run it
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "sched/sanitizer.h"
#include "weft/detail/park.h"
#include "weft/detail/spawn.h"
#include "weft/detail/timer_node.h"

namespace weft::sched {
struct Machine;
}

namespace weft::detail {

/// kDead is 0: the control block of a stack that was never used, or whose pages were given back, reads as dead.
///
///   kDead -> kRunnable (launch) -> kRunning -> kParked -> kRunnable ... kRunning -> kDead
///   kRunning -> kRunnable when it yields or waits for a processor
enum class Status : std::uint8_t { kDead = 0, kFresh, kRunnable, kRunning, kParked };

/// How it came to be ready. The global queue tells them apart.
enum class Arrival : std::uint8_t { kSpawned, kYielded, kWoken };

/// What __cxa_get_globals() points to: which exceptions this goroutine has caught and is throwing. Itanium C++ ABI
/// 2.2.2.
struct ExceptionState {
  void* caught = nullptr;
  unsigned int uncaught = 0;
};

struct alignas(64) Goroutine {
  // The first line: all that a switch and a queue touch.
  void* context_sp = nullptr;
  Atomic<Status> status{Status::kDead};
  Atomic<bool> claimed{false};  // the dump walks its stack: who would run it waits; see claim.h
  WaitReason wait_reason = WaitReason::kNone;
  Arrival arrival = Arrival::kSpawned;      // before it becomes ready
  bool is_thread = false;                   // a plain thread's stand-in (stand_in.h); its id is the thread's
  Atomic<std::uint8_t> fork_generation{0};  // of another generation than the scheduler's: it ended with a fork()
  Goroutine* queue_next = nullptr;
  ExceptionState eh;
  Atomic<sched::Machine*> pinned_to{nullptr};
  int saved_errno = 0;
  std::uint8_t size_class = 0;
  Atomic<std::uint8_t> good_turns{0};  // waits and yields since it was last caught keeping a processor, to kTrusted
  Atomic<bool> long_runner{false};     // it once kept a processor so long that the monitor took it away
  MonotonicNanos ready_since = 0;      // 0: this wait in the queue is not sampled
  // The second: its start, its waits.
  GoroutineEntry entry = nullptr;
  void* callable = nullptr;
  Atomic<sched::Machine*> machine{nullptr};
  const void* wait_on = nullptr;
  MonotonicNanos wait_since = 0;  // coarse: the monitor's clock
  Atomic<std::uint64_t> id{0};
  std::byte* stack_low = nullptr;  // lowest usable byte, above the guard
  std::byte* stack_high = nullptr;
  // What is rarely looked at.
  Goroutine* queue_previous = nullptr;          // in a GoroutineDeque
  std::array<Atomic<std::uint64_t>, 4> name{};  // bytes, the last a 0; see name_of()
  std::uint32_t pin_depth = 0;
  std::uint32_t exclusive_pin_depth = 0;
  Atomic<std::uint32_t> thread_permit{0};  // the stand-in's parking word
  [[no_unique_address]] sched::SanitizerFiber fiber;

  static constexpr std::uint8_t kTrusted = 32;
  /// True for one that has come back to the runtime so often in a row that it will again.
  bool trusted() const noexcept { return good_turns.load(std::memory_order_relaxed) >= kTrusted; }
  void note_good_turn() noexcept {
    const std::uint8_t turns = good_turns.load(std::memory_order_relaxed);
    if (turns < kTrusted) good_turns.store(static_cast<std::uint8_t>(turns + 1), std::memory_order_relaxed);
  }
};

/// With its final 0; empty where it has none.
using GoroutineName = std::array<char, sizeof(Goroutine::name)>;
inline GoroutineName name_of(const Goroutine& g) noexcept {
  GoroutineName name;
  for (std::size_t i = 0; i < g.name.size(); ++i) {
    const std::uint64_t word = g.name[i].load(std::memory_order_relaxed);
    std::memcpy(name.data() + i * sizeof word, &word, sizeof word);
  }
  return name;
}

}  // namespace weft::detail
