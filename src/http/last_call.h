// The last call that a shutdown gives to a connection from which no request has come, and the request that comes
// meanwhile.
//
// INVARIANTS [call.I1] a call is given once
//            [call.I2] what it does is over when has_been_asked() returns, or is not done at all: so the deadlines that
//                      the first request sets are none of its
// EVIDENCE   tests/model/last_call_model.cc
#pragma once

#include <cstdint>
#include <utility>

#include "base/backoff.h"
#include "weft/detail/atomic.h"

namespace weft::http {

/// Thread safety  any
class LastCall {
 public:
  /// No request has come.
  bool is_fresh() const noexcept { return state_.load(std::memory_order_relaxed) != State::kAsked; }

  /// Calls `call()`, unless it is too late or that was done before.
  template <class Call>
  void give(Call&& call) noexcept {
    State before = State::kFresh;
    if (!state_.compare_exchange_strong(before, State::kCalling, std::memory_order_acquire, std::memory_order_relaxed))
      return;
    std::forward<Call>(call)();
    state_.store(State::kCalled, std::memory_order_release);
  }

  /// A request has come. Waits for a call that is being given, which blocks nowhere.
  void has_been_asked() noexcept {
    detail::Backoff backoff;
    State before = state_.load(std::memory_order_acquire);
    while (before != State::kAsked) {
      if (before == State::kCalling) {
        backoff.wait();
        before = state_.load(std::memory_order_acquire);
      } else if (state_.compare_exchange_weak(before, State::kAsked, std::memory_order_acquire,
                                              std::memory_order_acquire)) {
        return;
      }
    }
  }

 private:
  enum class State : std::uint8_t { kFresh, kCalling, kCalled, kAsked };
  detail::Atomic<State> state_{State::kFresh};
};

}  // namespace weft::http
