// weft/detail/chan_typed.h: the typed, inlined ends of a channel's operations; the slow ends are ChanCore's.
//
// The caller holds a handle, so the core lives. A null core is the nil channel. Nothing throws between lock and unlock.
#pragma once

#include <concepts>
#include <cstdint>
#include <new>
#include <system_error>
#include <utility>

#include "weft/detail/chan_core.h"
#include "weft/detail/chan_element.h"

namespace weft::detail {

/// Sends what `carrier` points to: kDone, kClosed or, unless it may park, kNotReady.
template <class T>
Attempt chan_send(ChanCore* core, typename ElementTraffic<T>::Carrier* carrier, bool may_park) noexcept {
  if (core == nullptr) [[unlikely]] {
    if (may_park) wait_for_ever(WaitReason::kChanSendNil);
    return Attempt::kNotReady;
  }
  Section section;
  core->lock.lock();
  const std::uint32_t count = core->count.load(std::memory_order_relaxed);
  if (count < core->capacity && !core->receivers_waiting.load(std::memory_order_relaxed) &&
      !core->closed.load(std::memory_order_relaxed)) [[likely]] {
    ElementTraffic<T>::store(core->slots + core->send_index * ElementTraffic<T>::kBytes, carrier);
    core->send_index = core->after(core->send_index);
    core->count.store(count + 1, std::memory_order_relaxed);
    core->lock.unlock();
    return Attempt::kDone;
  }
  return core->send_slow(carrier, may_park);
}

/// Receives into `landing`, which is empty: kDone, kClosed (and drained) or, unless it may park, kNotReady.
template <class T>
Attempt chan_recv(ChanCore* core, typename ElementTraffic<T>::Landing* landing, bool may_park) noexcept {
  if (core == nullptr) [[unlikely]] {
    if (may_park) wait_for_ever(WaitReason::kChanRecvNil);
    return Attempt::kNotReady;
  }
  Section section;
  core->lock.lock();
  const std::uint32_t count = core->count.load(std::memory_order_relaxed);
  if (count != 0 && !core->senders_waiting.load(std::memory_order_relaxed)) [[likely]] {
    ElementTraffic<T>::fetch(landing, core->slots + core->recv_index * ElementTraffic<T>::kBytes);
    core->recv_index = core->after(core->recv_index);
    core->count.store(count - 1, std::memory_order_relaxed);
    core->lock.unlock();
    return Attempt::kDone;
  }
  return core->recv_slow(landing, may_park);
}

/// chan_recv that never waits and takes no lock where a peek tells the answer.
template <class T>
Attempt chan_try_recv(ChanCore* core, typename ElementTraffic<T>::Landing* landing) noexcept {
  if (core == nullptr || !core->maybe_receivable()) return Attempt::kNotReady;
  if (core->drained()) return Attempt::kClosed;
  return chan_recv<T>(core, landing, false);
}

// With a context: kNotReady says that it was done first, and `error` why. A context that is done on entry wins.
Attempt chan_send_until(ChanCore* core, void* carrier, const Context& context, std::error_code& error) noexcept;
Attempt chan_recv_until(ChanCore* core, void* landing, const Context& context, std::error_code& error) noexcept;

// The capacity if it is allowed for elements of that size; else throws usage_error, naming both.
std::uint32_t checked_capacity(long long capacity, std::size_t element_bytes);
std::uint32_t checked_capacity(unsigned long long capacity, std::size_t element_bytes);
/// Memory for a core and its buffer; throws std::system_error(ENOMEM), naming the size.
void* allocate_chan(std::size_t bytes, std::size_t align);

template <class T, std::size_t align>
void destroy_made_chan(ChanCore* core) noexcept {
  core->destroy_buffered();
  std::destroy_at(core);
  ::operator delete(core, std::align_val_t{align});
}

/// A new core, with the buffer behind it in the same allocation; the caller has its one reference.
template <class T, std::integral N>
ChanCore* make_core(N capacity) {
  using Traffic = ElementTraffic<T>;
  constexpr std::size_t kAlign = Traffic::kAlign > 64 ? Traffic::kAlign : 64;
  constexpr std::size_t kOffset = (sizeof(ChanCore) + Traffic::kAlign - 1) / Traffic::kAlign * Traffic::kAlign;
  using Widest = std::conditional_t<std::is_signed_v<N>, long long, unsigned long long>;
  const std::uint32_t slots = checked_capacity(static_cast<Widest>(capacity), Traffic::kBytes);
  void* memory = allocate_chan(kOffset + slots * Traffic::kBytes, kAlign);
  return ::new (memory)
      ChanCore(kElementOps<T>, slots, static_cast<std::byte*>(memory) + kOffset, &destroy_made_chan<T, kAlign>);
}

/// The shared handle that Chan, SendChan and RecvChan are made of; null is the nil channel.
class ChanHandle {
 public:
  constexpr ChanHandle() noexcept = default;
  ChanHandle(const ChanHandle& o) noexcept : core_(o.core_) {
    if (core_ != nullptr) core_->retain();
  }
  ChanHandle(ChanHandle&& o) noexcept : core_(std::exchange(o.core_, nullptr)) {}
  ChanHandle& operator=(ChanHandle o) noexcept {
    std::swap(core_, o.core_);
    return *this;
  }
  ~ChanHandle() {
    if (core_ != nullptr) core_->release();
  }

  /// Values in the buffer at some moment during the call; 0 for nil and for a timer's channel.
  std::size_t len() const noexcept { return shows_buffer() ? core_->count.load(std::memory_order_acquire) : 0; }
  /// The buffer's size; 0 for nil, for an unbuffered channel and for a timer's.
  std::size_t cap() const noexcept { return shows_buffer() ? core_->capacity : 0; }
  /// False for the nil channel.
  explicit operator bool() const noexcept { return core_ != nullptr; }
  /// True for handles of one channel, whatever their direction.
  friend bool operator==(const ChanHandle& a, const ChanHandle& b) noexcept { return a.core_ == b.core_; }

 protected:
  explicit constexpr ChanHandle(ChanCore* adopted) noexcept : core_(adopted) {}

 private:
  friend struct ChanAccess;
  bool shows_buffer() const noexcept { return core_ != nullptr && !core_->hides_buffer; }
  ChanCore* core_ = nullptr;
};

/// The runtime's way to a handle's core, and from a core to a handle.
struct ChanAccess {
  static ChanCore* core(const ChanHandle& handle) noexcept { return handle.core_; }

  /// A handle that takes over one reference.
  template <class Handle>
  static Handle adopt(ChanCore* core) noexcept {
    return Handle(core);
  }
  /// A handle with a reference of its own. `core` may be null (nil).
  template <class Handle>
  static Handle share(ChanCore* core) noexcept {
    if (core != nullptr) core->retain();
    return Handle(core);
  }
};

}  // namespace weft::detail
