// weft/detail/chan_core.h: a channel without its element type: lock, ring indices, closed flag, the two lists of
// waiters.
//
// chan.h puts the types on top; select works on cores alone. Where a core and its buffer are one allocation,
// make_chan made them; a Context embeds a bare core as its done channel and shares its reference count (see `destroy`).
//
// INVARIANTS (under the lock)
//   [chan.I1] a live receiver waits only while the buffer is empty, the channel is open and no live sender waits, but
//             one of the same select
//   [chan.I2] a live sender waits only while the buffer is full and the channel is open
//   [chan.I3] receivers_waiting and senders_waiting are true if their list is not empty; once true, closed stays so
//   [chan.I4] once closed, count only falls and both lists are empty
// A waiter is live until its claim is made; a select's nodes die together, and are dropped from the lists lazily.
//
// Who may touch what: all under `lock`, but for the four atomics below, which may be peeked at without it. A peek
// decides nothing but "not ready" (read what makes it ready first, `closed` second: not closed then means not closed
// before) and "closed and drained" (read `closed` first: by I4 nothing comes after).
#pragma once

#include <cstddef>
#include <cstdint>
#include <system_error>

#include "weft/detail/atomic.h"
#include "weft/detail/park.h"
#include "weft/detail/spin_lock.h"
#include "weft/detail/timer_node.h"
#include "weft/detail/waiter.h"

namespace weft {

class Context;

namespace detail {

/// How one element type moves; none of it throws. A sender's value stays an object, moved from; a buffer's slot is raw
/// storage while it is free; a landing is where the receiver wants the value (see chan_element.h).
struct ElementOps {
  std::size_t bytes;                                     // of a buffer slot; 0: the element is void
  void (*deliver)(void* landing, void* value) noexcept;  // sender's value -> landing
  void (*store)(void* slot, void* value) noexcept;       // sender's value -> free slot
  void (*fetch)(void* landing, void* slot) noexcept;     // slot -> landing; the slot is free then
  void (*destroy)(void* slot) noexcept;                  // the slot is free then
};

extern const ElementOps kVoidElementOps;

/// What became of an attempt under the lock.
enum class Attempt : std::uint8_t { kNotReady, kDone, kClosed };

struct ChanCore {
  using Destroy = void (*)(ChanCore*) noexcept;

  /// One reference is the maker's. `destroy_` runs when the last one goes and frees what the core is embedded in.
  ChanCore(const ElementOps& ops_, std::uint32_t capacity_, void* slots_, Destroy destroy_,
           bool hides_buffer_ = false) noexcept
      : capacity(capacity_),
        slots(static_cast<std::byte*>(slots_)),
        ops(&ops_),
        destroy(destroy_),
        hides_buffer(hides_buffer_) {}
  /// A bare unbuffered void channel, for a done channel inside another object.
  explicit ChanCore(Destroy destroy_) noexcept : ChanCore(kVoidElementOps, 0, nullptr, destroy_) {}
  ChanCore(const ChanCore&) = delete;
  ChanCore& operator=(const ChanCore&) = delete;

  void retain() noexcept { references.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept {
    if (references.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(this);
  }

  /// Closes and wakes every waiter. False: it was closed before. Takes the lock; opens a Section of its own.
  bool close() noexcept;
  bool is_closed() const noexcept { return closed.load(std::memory_order_acquire); }

  // Peeks without the lock; see above.
  bool maybe_sendable() const noexcept {
    return count.load(std::memory_order_acquire) < capacity || receivers_waiting.load(std::memory_order_acquire) ||
           closed.load(std::memory_order_acquire);
  }
  bool maybe_receivable() const noexcept {
    return count.load(std::memory_order_acquire) != 0 || senders_waiting.load(std::memory_order_acquire) ||
           closed.load(std::memory_order_acquire);
  }
  bool drained() const noexcept {
    return closed.load(std::memory_order_acquire) && count.load(std::memory_order_acquire) == 0;
  }

  // Under the lock. `*wake`, where set, is to be made ready once the lock is dropped.
  Attempt try_send_locked(void* value, Goroutine** wake) noexcept;
  Attempt try_recv_locked(void* landing, Goroutine** wake) noexcept;
  void add_sender_locked(Waiter& w) noexcept {
    senders.push_back(&w);
    senders_waiting.store(true, std::memory_order_release);
  }
  void add_receiver_locked(Waiter& w) noexcept {
    receivers.push_back(&w);
    receivers_waiting.store(true, std::memory_order_release);
  }
  /// Takes out a node whose wait ended another way; nothing if a waker dropped it already.
  void remove_sender_locked(Waiter& w) noexcept {
    if (w.linked) senders.remove(&w);
    senders_waiting.store(!senders.empty(), std::memory_order_release);
  }
  void remove_receiver_locked(Waiter& w) noexcept {
    if (w.linked) receivers.remove(&w);
    receivers_waiting.store(!receivers.empty(), std::memory_order_release);
  }

  // With the lock held, which they let go of, inside a Section. Blocking ones park.
  Attempt send_slow(void* value, bool may_park) noexcept;
  Attempt recv_slow(void* landing, bool may_park) noexcept;

  /// The last handle is gone: destroys what is buffered.
  void destroy_buffered() noexcept;

  void* slot(std::uint32_t index) const noexcept { return slots + std::size_t{index} * ops->bytes; }
  std::uint32_t after(std::uint32_t index) const noexcept { return index + 1 == capacity ? 0 : index + 1; }

  /// True while the invariants hold. Takes the lock.
  bool check() noexcept;

  // One cache line: all that an uncontended operation touches.
  SpinLock lock;
  Atomic<bool> closed{false};
  Atomic<bool> receivers_waiting{false};
  Atomic<bool> senders_waiting{false};
  const std::uint32_t capacity;
  Atomic<std::uint32_t> count{0};  // values in the buffer
  std::uint32_t send_index = 0;    // the slot that the next value goes to
  std::uint32_t recv_index = 0;    // the slot of the oldest value
  std::byte* const slots;
  WaitList receivers;
  WaitList senders;

  const ElementOps* const ops;
  const Destroy destroy;
  Atomic<std::uint32_t> references{1};
  const bool hides_buffer = false;  // a timer's: its one slot is how it works, not what it is; len() and cap() say 0

 private:
  Waiter* pop_sender_locked() noexcept;
  Waiter* pop_receiver_locked() noexcept;
};

[[noreturn]] void throw_send_on_closed();
[[noreturn]] void throw_close_of_closed();
[[noreturn]] void throw_close_of_nil();
[[noreturn]] void throw_context_error(std::error_code error, const char* what);
/// Parks for ever.
[[noreturn]] void wait_for_ever(WaitReason reason) noexcept;

// Two doors into context.h, which stands above this file; src/sync/context.cc defines them.
/// The core of the context's done channel; null for a context that can never be done. Lives as long as `context`.
ChanCore* context_done(const Context& context) noexcept;
/// Why it is done (what Context::error() says).
std::error_code context_error(const Context& context) noexcept;

/// A wait in a primitive's own list that a done channel and a timer may end as well.
///
/// PROTOCOL  the waiter  takes its own lock, links its own Waiter with a Claim, then `done` the same way: lock,
///                       is_closed()?, add_receiver_locked(node with the same Claim); then park_multi()
///           awake       unlinks its own node under its own lock, timer_cancel(), and under done->lock
///                       remove_receiver_locked(node), whoever woke it: taking that lock waits out the commit as well
struct MultiPark {
  SpinLock* lock;              // the primitive's; held. May be null
  ChanCore* done = nullptr;    // its lock is held too, taken after `lock`; may be null
  TimerNode* timer = nullptr;  // armed once the context is saved, so that it can't fire too early; may be null
  MonotonicNanos when = kNever;
};
/// Parks; the commit arms the timer, then lets go of `lock`, then of done->lock. `request` stays valid until after
/// the wake.
void park_multi(MultiPark& request, WaitReason reason, const void* on) noexcept;

}  // namespace detail
}  // namespace weft
