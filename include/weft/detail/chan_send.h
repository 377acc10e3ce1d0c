// weft/detail/chan_send.h: what can be done to a channel's sending side; Chan<T> and SendChan<T> inherit it.
#pragma once

#include <concepts>
#include <system_error>
#include <type_traits>
#include <utility>

#include "weft/detail/chan_typed.h"

namespace weft::detail {

template <class Derived>
class Closing {
 public:
  /// Closes the channel: later and waiting receivers get what is buffered and then nothing, waiting senders throw.
  ///
  /// Usage faults   closed_channel when it is closed already; usage_error for nil
  /// Blocking       never
  /// Ordering       what happens before close() is visible to each receive that finds the channel closed
  void close() const {
    ChanCore* core = ChanAccess::core(static_cast<const Derived&>(*this));
    if (core == nullptr) throw_close_of_nil();
    if (!core->close()) throw_close_of_closed();
  }

 protected:
  ChanCore* core() const noexcept { return ChanAccess::core(static_cast<const Derived&>(*this)); }
};

template <class Derived, class T>
class Sending : public Closing<Derived> {
 public:
  /// Puts `value` into the channel; parks the calling goroutine while it is full. An lvalue is copied first.
  ///
  /// Returns        unbuffered: when a receiver has the value; buffered: when it is in the buffer
  /// Usage faults   closed_channel, if closed before or while waiting; the value stays with the caller
  /// Blocking       the goroutine, never its thread; from a plain thread, the thread. On nil: for ever
  /// Ordering       what happens before send n is visible after receive n; with capacity C, what happens before
  ///                receive n is visible after send n+C
  /// Fairness       waiters leave in the order they came
  /// Cost           O(1), one short lock, no allocation (one, where T's move may throw); T moves once to a waiting
  ///                receiver, else twice
  void send(T&& value) const {
    Outgoing<T> outgoing(value);
    if (chan_send<T>(this->core(), outgoing.carrier(), true) == Attempt::kDone) [[likely]]
      return;
    outgoing.give_back();
    throw_send_on_closed();
  }
  void send(const T& value) const
    requires std::copy_constructible<T>
  {
    send(T(value));
  }

  /// send() that gives up once `context` is done: `error` is then why (errc::cancelled, errc::deadline_exceeded),
  /// else clear. A context that is done on entry wins. The value was moved from if `error` is clear, and only then;
  /// an lvalue is copied, or moved from in the same way where T can't be copied.
  void send(T&& value, const Context& context, std::error_code& error) const {
    Outgoing<T> outgoing(value);
    const Attempt attempt = chan_send_until(this->core(), outgoing.carrier(), context, error);
    if (attempt == Attempt::kDone) [[likely]]
      return;
    outgoing.give_back();
    if (attempt == Attempt::kClosed) throw_send_on_closed();
  }
  void send(const T& value, const Context& context, std::error_code& error) const
    requires std::copy_constructible<T>
  {
    send(T(value), context, error);
  }
  void send(T& value, const Context& context, std::error_code& error) const
    requires(!std::copy_constructible<T>)
  {
    send(std::move(value), context, error);
  }
  /// The same; throws std::system_error where the other reports an error.
  template <class V = T>
    requires std::convertible_to<V&&, T>
  void send(V&& value, const Context& context) const {
    std::error_code error;
    if constexpr (std::is_same_v<std::remove_cvref_t<V>, T>) {
      send(std::forward<V>(value), context, error);
    } else {
      send(T(std::forward<V>(value)), context, error);
    }
    if (error) throw_context_error(error, "weft::Chan::send");
  }

  /// Sends if that needs no waiting. True: `value` was moved from (a const one: copied).
  ///
  /// Usage faults   closed_channel
  bool try_send(T&& value) const {
    ChanCore* core = this->core();
    if (core == nullptr || !core->maybe_sendable()) return false;
    Outgoing<T> outgoing(value);
    const Attempt attempt = chan_send<T>(core, outgoing.carrier(), false);
    if (attempt == Attempt::kDone) [[likely]]
      return true;
    outgoing.give_back();
    if (attempt == Attempt::kClosed) throw_send_on_closed();
    return false;
  }
  bool try_send(T& value) const { return try_send(std::move(value)); }
  bool try_send(const T& value) const
    requires std::copy_constructible<T>
  {
    ChanCore* core = this->core();
    return core != nullptr && core->maybe_sendable() && try_send(T(value));
  }
};

/// A channel of void carries signals without a value.
template <class Derived>
class Sending<Derived, void> : public Closing<Derived> {
 public:
  void send() const {
    char nothing = 0;
    if (chan_send<void>(this->core(), &nothing, true) != Attempt::kDone) throw_send_on_closed();
  }
  void send(const Context& context, std::error_code& error) const {
    char nothing = 0;
    if (chan_send_until(this->core(), &nothing, context, error) == Attempt::kClosed) throw_send_on_closed();
  }
  void send(const Context& context) const {
    std::error_code error;
    send(context, error);
    if (error) throw_context_error(error, "weft::Chan::send");
  }
  bool try_send() const {
    char nothing = 0;
    ChanCore* core = this->core();
    if (core == nullptr || !core->maybe_sendable()) return false;
    const Attempt attempt = chan_send<void>(core, &nothing, false);
    if (attempt == Attempt::kClosed) throw_send_on_closed();
    return attempt == Attempt::kDone;
  }
};

}  // namespace weft::detail
