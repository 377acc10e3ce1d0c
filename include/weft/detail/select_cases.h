// weft/detail/select_cases.h: the typed cases of a select, as on_recv() and its like make them.
//
// A case names its channel and where the value goes or comes from (core, slot), or what else it is (plan); after the
// select has run each is told whether it was the one (settle), and the one that fired calls its handler (fire).
// Handlers run outside of sections and locks; what they throw leaves the select.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "weft/detail/chan_recv.h"
#include "weft/detail/chan_send.h"
#include "weft/detail/chan_typed.h"
#include "weft/detail/deadline.h"
#include "weft/detail/select_core.h"
#include "weft/detail/spawn.h"

namespace weft::detail {

/// The handler of a case that was given none.
struct Nothing {
  void operator()() const noexcept {}
};

/// What a case says of itself, where it is neither of a channel nor `otherwise`.
struct SelectCaseBase {
  static constexpr bool kOtherwise = false;
  static constexpr bool kSends = false;
  static constexpr bool kTriesFreely = true;  // slot() throws nothing, runs no user's code and may be called again
  ChanCore* core() const noexcept { return nullptr; }
  void* slot() noexcept { return nullptr; }
  void plan(SelectRequest&, std::size_t) noexcept {}
  void settle(bool) noexcept {}
};
template <class Case>
concept IsSelectCase = std::derived_from<std::remove_cvref_t<Case>, SelectCaseBase>;

/// Calls with the value where the handler takes it, else without.
template <class F, class V>
void call_handler(F& handler, V&& value) {
  if constexpr (std::invocable<F&, V&&>) {
    std::invoke(handler, std::forward<V>(value));
  } else {
    std::invoke(handler);
  }
}

template <class T, class F>
class RecvCase : public SelectCaseBase {
  using Landing = typename ElementTraffic<T>::Landing;
  using Given = std::conditional_t<std::is_void_v<T>, bool, std::optional<T>>;
  static_assert(std::invocable<F&, Given> || std::invocable<F&>,
                "weft::on_recv: the handler takes a std::optional<T> (a bool for a channel of void), or nothing");

 public:
  template <class G>
  RecvCase(ChanCore* core, G&& handler) : core_(core), handler_(std::forward<G>(handler)) {}

  ChanCore* core() const noexcept { return core_; }
  void* slot() noexcept { return &landing_; }
  void fire(bool) {
    if constexpr (std::is_void_v<T>) {
      call_handler(handler_, std::exchange(landing_, false));
    } else {
      const EmptyAgain empty_again{landing_};
      call_handler(handler_, Element<T>::unpack(landing_));
    }
  }

 private:
  /// The case may be used again, and then finds its landing empty.
  struct EmptyAgain {
    Landing& landing;
    ~EmptyAgain() { landing.reset(); }
  };

  ChanCore* core_;
  Landing landing_{};
  [[no_unique_address]] F handler_;
};

/// `Held` is T& for a value that stays the caller's unless the case fires, T for one that the case owns.
template <class Held, class F>
class SendCase : public SelectCaseBase {
  using T = std::remove_reference_t<Held>;
  static_assert(std::invocable<F&>, "weft::on_send: the handler takes no argument");

 public:
  template <class V, class G>
  SendCase(ChanCore* core, V&& value, G&& handler)
      : core_(core), value_(std::forward<V>(value)), handler_(std::forward<G>(handler)) {}

  static constexpr bool kSends = true;
  static constexpr bool kTriesFreely = !kTravelsBoxed<T>;
  ChanCore* core() const noexcept { return core_; }
  void* slot() noexcept(kTriesFreely) {
    if constexpr (kTravelsBoxed<T>) {
      return core_ == nullptr ? nullptr : outgoing_.emplace(value_).carrier();
    } else {
      return std::addressof(value_);
    }
  }
  void settle(bool fired) {
    if constexpr (kTravelsBoxed<T>) {
      if (!fired && outgoing_) outgoing_->give_back();
      outgoing_.reset();
    }
    if constexpr (!std::is_reference_v<Held>) {
      if (fired) core_ = nullptr;  // the value is gone: in a Selector, the case is over
    }
  }
  void fire(bool ok) {
    if (!ok) throw_send_on_closed();
    std::invoke(handler_);
  }

 private:
  struct Unboxed {};

  ChanCore* core_;
  Held value_;
  [[no_unique_address]] std::conditional_t<kTravelsBoxed<T>, std::optional<Outgoing<T>>, Unboxed> outgoing_{};
  [[no_unique_address]] F handler_;
};

template <class F>
class SendSignalCase : public SelectCaseBase {
  static_assert(std::invocable<F&>, "weft::on_send: the handler takes no argument");

 public:
  template <class G>
  SendSignalCase(ChanCore* core, G&& handler) : core_(core), handler_(std::forward<G>(handler)) {}

  static constexpr bool kSends = true;
  ChanCore* core() const noexcept { return core_; }
  void fire(bool ok) {
    if (!ok) throw_send_on_closed();
    std::invoke(handler_);
  }

 private:
  ChanCore* core_;
  [[no_unique_address]] F handler_;
};

template <class F>
class TimeoutCase : public SelectCaseBase {
  static_assert(std::invocable<F&>, "weft::on_timeout: the handler takes no argument");

 public:
  template <class G>
  TimeoutCase(MonotonicNanos after, G&& handler) : after_(after), handler_(std::forward<G>(handler)) {}

  void plan(SelectRequest& request, std::size_t index) noexcept { request.add_timeout(index, after_); }
  void fire(bool) { std::invoke(handler_); }

 private:
  MonotonicNanos after_;
  [[no_unique_address]] F handler_;
};

template <class F>
class OtherwiseCase : public SelectCaseBase {
  static_assert(std::invocable<F&>, "weft::otherwise: the handler takes no argument");

 public:
  static constexpr bool kOtherwise = true;
  template <class G>
  explicit OtherwiseCase(G&& handler) : handler_(std::forward<G>(handler)) {}

  void plan(SelectRequest& request, std::size_t index) noexcept { request.otherwise = index; }
  void fire(bool) { std::invoke(handler_); }

 private:
  [[no_unique_address]] F handler_;
};

/// How a select holds a value of type V that it may send: the caller's own T by reference (it stays there unless the
/// case fires), anything else as a T of its own.
template <class T, class V>
using HeldByReference = std::conditional_t<std::is_same_v<std::remove_reference_t<V>, T>, T&, T>;

template <class Case>
void prepare(Case& c, SelectRequest& request, std::size_t index) {
  request.cases[index] = SelectCase{c.core(), c.slot(), Case::kSends, false};
  c.plan(request, index);
}

template <class Case>
bool maybe_ready(const Case& c) noexcept {
  ChanCore* const core = c.core();
  return core != nullptr && (Case::kSends ? core->maybe_sendable() : core->maybe_receivable());
}

struct Fired {
  std::size_t index = kNoCase;
  bool ok = false;
};

/// [select.P1] with the types at hand. Which case is chosen can't be foretold, so choosing goes without branches.
template <class... Cases>
Fired try_cases(Cases&... cases) noexcept {
  static constexpr bool kSends[] = {Cases::kSends...};
  Section section;
  for (;;) {
    std::uint64_t ready = 0;
    unsigned position = 0;
    ((ready |= std::uint64_t{maybe_ready(cases)} << position++), ...);
    if (ready == 0) return {};
    ChanCore* const cores[] = {cases.core()...};
    void* const slots[] = {cases.slot()...};
    const bool one = (ready & (ready - 1)) == 0;
    const std::size_t chosen = one ? static_cast<std::size_t>(std::countr_zero(ready)) : pick_bit(ready);
    SelectCase c{cores[chosen], slots[chosen], kSends[chosen], false};
    if (select_attempt(c)) return {chosen, c.ok};
  }
}

/// The general way: cases beyond what a word has bits for, values that must be boxed first, and everything that has
/// to wait.
template <bool tried, class... Cases>
[[gnu::noinline]] Fired run_cases(Cases&... cases) {
  SelectFrame<sizeof...(Cases)> frame;
  std::size_t index = 0;
  (prepare(cases, frame.request(), index++), ...);
  const std::size_t fired = tried ? frame.wait() : frame.run();
  return {fired, frame[fired].ok};
}

template <class C>
concept SendableChannel = std::derived_from<C, ChanHandle> && std::derived_from<C, Sending<C, typename C::value_type>>;
template <class C>
concept ReceivableChannel =
    std::derived_from<C, ChanHandle> && std::derived_from<C, Receiving<C, typename C::value_type>>;

}  // namespace weft::detail
