// weft/chan.h: channels: make_chan, Chan<T>, the one-way views SendChan<T> and RecvChan<T>, TryRecv<T>.
// Not here: waiting on several channels at once (select.h). Guide: docs/guide/channels.md
//
// A handle is a shared pointer to the channel, as cheap to copy as a std::shared_ptr. Default-constructed it is nil:
// sends and receives block for ever, select passes it over. The last handle to go destroys what is still buffered.
// Handles to one channel may be used from any goroutine and thread at once; one handle object is like an int: it must
// not be assigned to while another thread uses that very object, and lives at least as long as a call on it.
#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "weft/detail/chan_recv.h"
#include "weft/detail/chan_send.h"
#include "weft/detail/chan_typed.h"
#include "weft/error.h"

namespace weft {

/// A channel that can be sent to and received from. Members: detail/chan_send.h, detail/chan_recv.h, and len(),
/// cap(), == and bool of detail::ChanHandle.
template <class T>
class Chan : public detail::ChanHandle, public detail::Sending<Chan<T>, T>, public detail::Receiving<Chan<T>, T> {
  static_assert(detail::kChanElement<T>, "weft::Chan<T>: T is void or a movable object type, no reference, no const");

 public:
  using value_type = T;
  /// The nil channel.
  constexpr Chan() noexcept = default;

 private:
  friend struct detail::ChanAccess;
  using detail::ChanHandle::ChanHandle;
};

/// The sending side of a channel.
template <class T>
class SendChan : public detail::ChanHandle, public detail::Sending<SendChan<T>, T> {
 public:
  using value_type = T;
  constexpr SendChan() noexcept = default;
  explicit(false) SendChan(const Chan<T>& channel) noexcept : ChanHandle(channel) {}
  explicit(false) SendChan(Chan<T>&& channel) noexcept : ChanHandle(std::move(channel)) {}

 private:
  friend struct detail::ChanAccess;
  using detail::ChanHandle::ChanHandle;
};

/// The receiving side of a channel.
template <class T>
class RecvChan : public detail::ChanHandle, public detail::Receiving<RecvChan<T>, T> {
 public:
  using value_type = T;
  constexpr RecvChan() noexcept = default;
  explicit(false) RecvChan(const Chan<T>& channel) noexcept : ChanHandle(channel) {}
  explicit(false) RecvChan(Chan<T>&& channel) noexcept : ChanHandle(std::move(channel)) {}

 private:
  friend struct detail::ChanAccess;
  using detail::ChanHandle::ChanHandle;
};

/// A new channel for `capacity` values; with 0 a send waits for its receiver.
///
/// Errors         std::system_error(ENOMEM), naming the size
/// Usage faults   usage_error, naming the value, for a capacity below 0, above 2^30 or of more than 2^40 bytes
/// Cost           one allocation for channel and buffer
template <class T, std::integral N = int>
[[nodiscard]] Chan<T> make_chan(N capacity = 0) {
  return detail::ChanAccess::adopt<Chan<T>>(detail::make_core<T>(capacity));
}

}  // namespace weft
