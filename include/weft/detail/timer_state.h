// weft/detail/timer_state.h: what stands behind Timer, Ticker, after, tick and after_func. See src/sync/time.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

#include "weft/chan.h"
#include "weft/detail/spin_lock.h"
#include "weft/detail/timer_node.h"
#include "weft/sync/mutex.h"

namespace weft::detail {

/// A timer that can be disarmed while its callback runs.
class RearmingTimer {
 public:
  RearmingTimer() noexcept {
    node_.owner = this;
    node_.fire = [](TimerNode* node) noexcept { static_cast<Node*>(node)->owner->on_fire(); };
  }
  virtual ~RearmingTimer() = default;
  RearmingTimer(const RearmingTimer&) = delete;
  RearmingTimer& operator=(const RearmingTimer&) = delete;

 protected:
  /// In the timer's callback.
  virtual void on_fire() noexcept = 0;

  struct Node : TimerNode {
    RearmingTimer* owner = nullptr;
  };

  void arm(MonotonicNanos when) noexcept;
  /// How often an armed timer was found (and made unarmed): more than once if the callback armed it again meanwhile.
  int disarm() noexcept;

  Mutex control_;  // one stop or reset at a time
  SpinLock lock_;
  bool armed_ = false;  // the callback is to do its work; under lock_
  Node node_;
};

/// A timer with a channel. It is its own channel core, with room for one value; the core's references are its own.
class ChanTimer : public ChanCore, RearmingTimer {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Armed; a `period` above 0 repeats.
  static ChanTimer* make(MonotonicNanos when, MonotonicNanos period);

  bool stop() noexcept;
  bool reset(MonotonicNanos when, MonotonicNanos period) noexcept;

 private:
  ChanTimer() noexcept;
  ~ChanTimer() override = default;
  void on_fire() noexcept override;
  bool stop_controlled() noexcept;
  bool drop_value() noexcept;

  MonotonicNanos period_ = 0;  // under lock_
  alignas(time_point) std::byte slot_[sizeof(time_point)];
};

/// A timer that starts a goroutine. While it is armed it has a reference to itself.
class FunctionTimerState : RearmingTimer {
 public:
  void start(MonotonicNanos when) noexcept;
  bool stop() noexcept;
  bool reset(MonotonicNanos when) noexcept;

  void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept;

 protected:
  virtual void run() = 0;

 private:
  void on_fire() noexcept override;
  bool stop_controlled() noexcept;

  Atomic<std::uint32_t> references_{1};
  bool of_thread_ = false;  // a plain thread armed it; under lock_
};

template <class F>
class FunctionTimerOf : public FunctionTimerState {
 public:
  template <class G>
  explicit FunctionTimerOf(G&& f) : function_(std::forward<G>(f)) {}

 private:
  void run() override { std::invoke(function_); }
  F function_;
};

}  // namespace weft::detail
