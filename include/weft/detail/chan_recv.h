// weft/detail/chan_recv.h: what can be done to a channel's receiving side; Chan<T> and RecvChan<T> inherit it.
#pragma once

#include <cstddef>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

#include "weft/detail/chan_typed.h"

namespace weft {

/// What try_recv found: a value, or a channel that is closed and drained, or nothing at the moment. Exactly one of
/// the three.
template <class T>
struct TryRecv {
  std::optional<T> value;
  bool closed = false;
  bool empty = false;
  explicit operator bool() const noexcept { return value.has_value(); }
};
template <>
struct TryRecv<void> {
  bool value = false;
  bool closed = false;
  bool empty = false;
  explicit operator bool() const noexcept { return value; }
};

namespace detail {

/// Walks through what arrives, until the channel is closed. Holds no reference: the channel's handle outlives the loop.
template <class T>
class RecvIterator {
 public:
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::input_iterator_tag;

  explicit RecvIterator(ChanCore* core) : core_(core) { ++*this; }
  T& operator*() const noexcept { return *value_; }
  T* operator->() const noexcept { return std::addressof(*value_); }
  RecvIterator& operator++() {
    value_.reset();
    chan_recv<T>(core_, &value_, true);
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const RecvIterator& i, std::default_sentinel_t) noexcept { return !i.value_; }

 private:
  ChanCore* core_;
  mutable typename Element<T>::Landing value_{};  // an arrival goes right to where the loop's body sees it
};

template <class Derived, class T>
class Receiving {
 public:
  /// Takes the oldest value; parks the calling goroutine while there is none.
  ///
  /// Returns        the value; nullopt once the channel is closed and drained
  /// Blocking       the goroutine, never its thread; from a plain thread, the thread. On nil: for ever
  /// Ordering       what happens before send n is visible after receive n; what happens before close() is visible
  ///                after a receive that returns nullopt
  /// Fairness       waiters leave in the order they came
  /// Cost           O(1), one short lock, no allocation
  std::optional<T> recv() const {
    return Element<T>::receive([this](auto* landing) { chan_recv<T>(core(), landing, true); });
  }

  /// recv() that gives up once `context` is done: nullopt, and `error` says why (errc::cancelled,
  /// errc::deadline_exceeded). `error` is clear otherwise, closed and drained included. A context that is done on
  /// entry wins: nothing is taken.
  std::optional<T> recv(const Context& context, std::error_code& error) const {
    return Element<T>::receive([&](auto* landing) { chan_recv_until(core(), landing, context, error); });
  }
  /// The same; throws std::system_error where the other reports an error.
  std::optional<T> recv(const Context& context) const {
    std::error_code error;
    std::optional<T> value = recv(context, error);
    if (error) throw_context_error(error, "weft::Chan::recv");
    return value;
  }

  /// Takes a value if that needs no waiting.
  TryRecv<T> try_recv() const {
    typename Element<T>::Landing landing{};
    const Attempt attempt = chan_try_recv<T>(core(), &landing);
    return {Element<T>::unpack(landing), attempt == Attempt::kClosed, attempt == Attempt::kNotReady};
  }

  /// for (T& value : channel) receives until the channel is closed and drained.
  RecvIterator<T> begin() const { return RecvIterator<T>(core()); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  ChanCore* core() const noexcept { return ChanAccess::core(static_cast<const Derived&>(*this)); }
};

/// A channel of void carries signals without a value: true says that one came, false that the channel is closed and
/// drained.
template <class Derived>
class Receiving<Derived, void> {
 public:
  bool recv() const {
    bool landing = false;
    chan_recv<void>(core(), &landing, true);
    return landing;
  }
  bool recv(const Context& context, std::error_code& error) const {
    bool landing = false;
    chan_recv_until(core(), &landing, context, error);
    return landing;
  }
  bool recv(const Context& context) const {
    std::error_code error;
    const bool came = recv(context, error);
    if (error) throw_context_error(error, "weft::Chan::recv");
    return came;
  }
  TryRecv<void> try_recv() const {
    bool landing = false;
    const Attempt attempt = chan_try_recv<void>(core(), &landing);
    return {landing, attempt == Attempt::kClosed, attempt == Attempt::kNotReady};
  }

 private:
  ChanCore* core() const noexcept { return ChanAccess::core(static_cast<const Derived&>(*this)); }
};

}  // namespace detail
}  // namespace weft
