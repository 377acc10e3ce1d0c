// weft/detail/select_core.h: select without types: a row of cases, each a core, a direction and a place for the value.
//
// Everything lies in the calling frame (or in a Selector): nothing is allocated. src/sync/select_core.cc has the
// design.
#pragma once

#include <cstddef>
#include <cstdint>

#include "weft/detail/chan_core.h"

namespace weft::detail {

/// One case. A null core is never ready: a nil channel, or a case of another kind (timeout, otherwise).
struct SelectCase {
  ChanCore* core = nullptr;
  void* slot = nullptr;  // the sender's carrier or the receiver's landing
  bool sends = false;
  bool ok = false;  // out: a value went over; false on the case that fired: its channel was closed
};

inline constexpr std::size_t kNoCase = static_cast<std::size_t>(-1);

/// A select under way: its cases, the room it needs to park, and what may end it besides a channel.
struct SelectRequest {
  SelectCase* cases;
  std::size_t count;
  Waiter* waiters;                  // raw memory for `count` of them
  std::uint32_t* order;             // room for `count`
  std::size_t otherwise = kNoCase;  // the case taken when none is ready
  std::size_t timeout_case = kNoCase;
  MonotonicNanos timeout = kNever;  // from when the select is about to park
  WaitReason reason = WaitReason::kSelect;

  /// Of several timeouts the shortest counts, of equal ones the first.
  void add_timeout(std::size_t index, MonotonicNanos after) noexcept {
    if (timeout_case != kNoCase && after >= timeout) return;
    timeout_case = index;
    timeout = after;
  }
};

/// Carries the case out if it is ready and says whether it was. Inside a Section.
bool select_attempt(SelectCase& c) noexcept;

/// The position of one of the set bits, each as likely as any other. Inside a Section; `bits` is not 0.
std::size_t pick_bit(std::uint64_t bits) noexcept;

/// Waits until one case can proceed, carries it out and returns its index. Opens a Section of its own.
std::size_t select_run(const SelectRequest& request) noexcept;
/// The same, for a caller that has just found no case ready.
std::size_t select_wait(const SelectRequest& request) noexcept;

/// A request with room for N cases in its frame. The waiters' memory is raw: only a select that parks makes them.
template <std::size_t N>
class SelectFrame {
 public:
  SelectFrame() noexcept : request_{cases_, N, reinterpret_cast<Waiter*>(waiters_), order_} {}
  SelectFrame(const SelectFrame&) = delete;
  SelectFrame& operator=(const SelectFrame&) = delete;

  SelectCase& operator[](std::size_t index) noexcept { return cases_[index]; }
  SelectRequest& request() noexcept { return request_; }
  std::size_t run() noexcept { return select_run(request_); }
  std::size_t wait() noexcept { return select_wait(request_); }

 private:
  SelectCase cases_[N];
  std::uint32_t order_[N];
  alignas(Waiter) std::byte waiters_[N * sizeof(Waiter)];
  SelectRequest request_;
};

}  // namespace weft::detail
