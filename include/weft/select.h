// weft/select.h: wait on several channels at once: select, its cases on_recv, on_send, on_timeout, on_done,
// otherwise; Selector.
// Not here: the channels (chan.h), contexts (context.h). Guide: docs/guide/select.md
#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "weft/chan.h"
#include "weft/detail/select_cases.h"
#include "weft/detail/selector_case.h"

namespace weft {

/// A case that fires when `channel` has a value or is closed. The handler gets a std::optional<T>, nullopt when the
/// channel is closed and drained; for a channel of void it gets a bool, false once closed. A handler without a
/// parameter is fine as well.
template <detail::ReceivableChannel C, class F = detail::Nothing>
[[nodiscard]] auto on_recv(const C& channel, F&& handler = {}) {
  detail::require_callable(handler, "weft::on_recv");
  return detail::RecvCase<typename C::value_type, F>(detail::ChanAccess::core(channel), std::forward<F>(handler));
}

/// A case that fires when `channel` takes `value`, which is moved from then and only then; a const value, or one of
/// another type, is made into a T first. If it fires because the channel is closed, select throws closed_channel.
template <detail::SendableChannel C, class V = typename C::value_type, class F = detail::Nothing>
  requires(!std::is_void_v<typename C::value_type>)
[[nodiscard]] auto on_send(const C& channel, V&& value, F&& handler = {}) {
  using T = typename C::value_type;
  using Held = detail::HeldByReference<T, V>;
  static_assert(std::is_reference_v<Held> || std::is_constructible_v<T, V&&>,
                "weft::on_send: the value is no T, and no T can be made of it");
  detail::require_callable(handler, "weft::on_send");
  if constexpr (std::is_reference_v<Held>) {
    Held held = value;  // an rvalue lives as long as the select expression
    return detail::SendCase<Held, F>(detail::ChanAccess::core(channel), held, std::forward<F>(handler));
  } else {
    return detail::SendCase<Held, F>(detail::ChanAccess::core(channel), std::forward<V>(value),
                                     std::forward<F>(handler));
  }
}
template <detail::SendableChannel C, class F = detail::Nothing>
  requires std::is_void_v<typename C::value_type>
[[nodiscard]] auto on_send(const C& channel, F&& handler = {}) {
  detail::require_callable(handler, "weft::on_send");
  return detail::SendSignalCase<F>(detail::ChanAccess::core(channel), std::forward<F>(handler));
}

/// A case that fires when nothing else has for `after`; at once where that is not positive and nothing else is ready.
/// The clock is read, and the timer armed, only by a select that is about to park.
template <class Rep, class Period, class F = detail::Nothing>
[[nodiscard]] auto on_timeout(std::chrono::duration<Rep, Period> after, F&& handler = {}) {
  detail::require_callable(handler, "weft::on_timeout");
  return detail::TimeoutCase<F>(detail::saturated_nanos(after), std::forward<F>(handler));
}

/// A case that fires when `context` is done; never for one that can't be.
template <class F = detail::Nothing>
[[nodiscard]] auto on_done(const Context& context, F&& handler = {}) {
  static_assert(std::invocable<F&>, "weft::on_done: the handler takes no argument");
  detail::require_callable(handler, "weft::on_done");
  return detail::RecvCase<void, F>(detail::context_done(context), std::forward<F>(handler));
}

/// The case that is taken when no other is ready: a select with it never blocks.
template <class F = detail::Nothing>
[[nodiscard]] auto otherwise(F&& handler = {}) {
  detail::require_callable(handler, "weft::otherwise");
  return detail::OtherwiseCase<F>(std::forward<F>(handler));
}

/// Waits until one of the cases can proceed, carries it out, then calls its handler.
///
/// Returns        the position of the case that fired, from 0
/// Errors         what the handler throws
/// Usage faults   closed_channel when a send fires on a closed channel; usage_error (from on_...) for a null handler
/// Blocking       the goroutine, once on all cases; from a plain thread, the thread. For ever with nil channels alone
/// Ordering       as for Chan::send and Chan::recv
/// Fairness       of the cases that are ready, each is as likely as any other; a parked select has its place in the
///                line of waiters of each channel
/// Cost           no allocation (but for a T whose move may throw); one lock if a case is ready, one for each channel
///                to park
template <class... Cases>
std::size_t select(Cases&&... cases) {
  static_assert((detail::IsSelectCase<Cases> && ...),
                "weft::select: each argument is made by on_recv, on_send, on_timeout, on_done or otherwise");
  static_assert((0 + ... + (std::remove_cvref_t<Cases>::kOtherwise ? 1 : 0)) <= 1,
                "weft::select: otherwise stands at most once");
  constexpr std::size_t kCount = sizeof...(Cases);
  constexpr bool kTryFirst = kCount <= 64 && (std::remove_cvref_t<Cases>::kTriesFreely && ...);
  constexpr bool kIsOtherwise[] = {std::remove_cvref_t<Cases>::kOtherwise...};
  constexpr auto kOtherwise =
      static_cast<std::size_t>(std::find(kIsOtherwise, kIsOtherwise + kCount, true) - kIsOtherwise);
  detail::Fired fired;
  if constexpr (kTryFirst) fired = detail::try_cases(cases...);
  if (fired.index == detail::kNoCase) {
    if constexpr (kTryFirst && kOtherwise != kCount) {
      fired.index = kOtherwise;
    } else {
      fired = detail::run_cases<kTryFirst>(cases...);
    }
  }
  std::size_t index = 0;
  (cases.settle(index++ == fired.index), ...);
  index = 0;
  ((index++ == fired.index ? cases.fire(fired.ok) : void()), ...);
  return fired.index;
}
/// Blocks for ever.
[[noreturn]] inline void select() { detail::wait_for_ever(detail::WaitReason::kSelectNoCases); }

/// A select whose cases are known at run time. The cases stay for the next wait(); clear() drops them and keeps the
/// memory.
///
/// Thread safety  one goroutine at a time
/// Cost           adding a case allocates; wait() does so only after cases were added
class Selector {
 public:
  /// Adds a case like on_recv(), and returns its index. The selector keeps the channel alive.
  template <detail::ReceivableChannel C, class F = detail::Nothing>
  std::size_t recv(const C& channel, F&& handler = {}) {
    detail::require_callable(handler, "weft::Selector::recv");
    using Case = detail::RecvCase<typename C::value_type, std::decay_t<F>>;
    return cases_.add<Case>(channel, detail::ChanAccess::core(channel), std::forward<F>(handler));
  }

  /// Adds a case like on_send(), and returns its index. An lvalue is used where it is, by each wait() anew, and must
  /// live as long; any other value moves into the selector, and once it is sent that case never fires again.
  template <detail::SendableChannel C, class V = typename C::value_type, class F = detail::Nothing>
    requires(!std::is_void_v<typename C::value_type>)
  std::size_t send(const C& channel, V&& value, F&& handler = {}) {
    detail::require_callable(handler, "weft::Selector::send");
    using T = typename C::value_type;
    using Held = std::conditional_t<std::is_same_v<V, T&>, T&, T>;
    using Case = detail::SendCase<Held, std::decay_t<F>>;
    return cases_.add<Case>(channel, detail::ChanAccess::core(channel), std::forward<V>(value),
                            std::forward<F>(handler));
  }
  template <detail::SendableChannel C, class F = detail::Nothing>
    requires std::is_void_v<typename C::value_type>
  std::size_t send(const C& channel, F&& handler = {}) {
    detail::require_callable(handler, "weft::Selector::send");
    using Case = detail::SendSignalCase<std::decay_t<F>>;
    return cases_.add<Case>(channel, detail::ChanAccess::core(channel), std::forward<F>(handler));
  }

  template <class Rep, class Period, class F = detail::Nothing>
  std::size_t timeout(std::chrono::duration<Rep, Period> after, F&& handler = {}) {
    detail::require_callable(handler, "weft::Selector::timeout");
    using Case = detail::TimeoutCase<std::decay_t<F>>;
    return cases_.add<Case>(detail::ChanHandle(), detail::saturated_nanos(after), std::forward<F>(handler));
  }

  /// Keeps the context's done channel alive, too.
  template <class F = detail::Nothing>
  std::size_t done(const Context& context, F&& handler = {}) {
    detail::require_callable(handler, "weft::Selector::done");
    const auto channel = detail::ChanAccess::share<RecvChan<void>>(detail::context_done(context));
    using Case = detail::RecvCase<void, std::decay_t<F>>;
    return cases_.add<Case>(channel, detail::ChanAccess::core(channel), std::forward<F>(handler));
  }

  /// Usage faults   usage_error when there is one already
  template <class F = detail::Nothing>
  std::size_t otherwise(F&& handler = {}) {
    detail::require_callable(handler, "weft::Selector::otherwise");
    cases_.note_otherwise();
    using Case = detail::OtherwiseCase<std::decay_t<F>>;
    return cases_.add<Case>(detail::ChanHandle(), std::forward<F>(handler));
  }

  /// select() over the cases added. Returns the index of the one that fired. Without a case: blocks for ever.
  std::size_t wait() { return cases_.wait(); }

  void clear() noexcept { cases_.clear(); }
  std::size_t size() const noexcept { return cases_.size(); }

 private:
  detail::SelectorCases cases_;
};

}  // namespace weft
