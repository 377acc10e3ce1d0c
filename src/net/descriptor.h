// One open descriptor: the operations that wait for its readiness, their deadlines, and its end.
//
// An operation tries its system call and waits when that says EAGAIN. Each side counts the edges that the poller tells
// of: who has seen edge n before the call that failed waits for n + 1, so no edge is lost to whoever comes in between,
// and any number of goroutines may wait for one side.
//
// A read of a stream that got less than it asked for has emptied it: until the next edge no read need ask again. This
// saves the call that would say EAGAIN, one of three a request. It holds while there was nothing but data: the end of
// the stream may stand behind a short read, told of by an edge that has been seen; and so may what follows an
// out-of-band byte.
//
// INVARIANTS [net.I1] the file descriptor is closed once, after close() and after the last operation has left it: no
//                     operation ever acts on a number that means another file by now
//            [net.I2] a descriptor object is never freed, for the poller may tell it something late [poll.I4]; it is
//                     used again after its owner has gone and the last operation has left
//            [net.I3] whoever waits under a side's lock has seen neither `closed` nor `expired` there; who sets one
//                     wakes all who wait, under the same lock
//            [net.I4] a side's timer is armed for its deadline or for something earlier, an older deadline: then its
//                     callback arms it anew. So a deadline that only moves on, as that of a server's connection does
//                     with each request, costs a store
//
// Who has nothing to do until there is something to read need not be a goroutine: a Watcher is told once, and holds no
// stack meanwhile.
#pragma once

#include <sys/types.h>
#include <cerrno>
#include <system_error>

#include "sched/poller.h"
#include "weft/detail/wait.h"
#include "weft/error.h"
#include "weft/net/stream.h"

namespace weft::net {

/// Wants to hear once that a read may go on.
struct Watcher {
  /// As sched::PollTarget::OnReady, or on whoever closes: may spawn goroutines, must not park or block.
  void (*on_readable)(Watcher&) noexcept = nullptr;
};

class Descriptor final : public sched::PollTarget {
 public:
  enum class Direction { kRead, kWrite };

  /// Takes `fd` over, which must be non-blocking and is closed when this fails. Starts the runtime, which its waiters
  /// need. Errors: errno's, of the poller; the start's.
  static Descriptor* adopt(int fd, std::error_code& ec) noexcept;
  /// For the owner, as the last call: closes it if it is open.
  void disown() noexcept;

  /// Calls `attempt(fd)` until it returns 0 or more, which is the result, or fails with something else than EAGAIN and
  /// EINTR; waits for readiness in between. On an error, -1 and `ec`: errc::closed, errc::deadline_exceeded, the end
  /// of `limits`, errno's. `asked`: of a read from a stream, how many bytes it has room for.
  template <class Attempt>
  ssize_t perform(Direction direction, const detail::WaitLimits& limits, std::error_code& ec, Attempt&& attempt,
                  std::size_t asked = 0) {
    if (!enter()) {
      ec = errc::closed;
      return -1;
    }
    const Operation operation{*this};
    Side& side = direction == Direction::kRead ? read_ : write_;
    while (true) {
      const std::uint32_t seen = side.edges.load(std::memory_order_acquire);
      const Try tried = try_once(side, seen, ec, attempt, asked);
      if (tried.done) return tried.result;
      ec = wait(side, seen, limits);
      if (ec) return -1;
    }
  }

  /// As perform(), without waiting; the kernel is asked in any case. False: it would have to. Else `result` and `ec`
  /// are what perform() gives.
  template <class Attempt>
  bool perform_now(Direction direction, std::error_code& ec, Attempt&& attempt, ssize_t& result) {
    if (!enter()) {
      ec = errc::closed;
      result = -1;
      return true;
    }
    const Operation operation{*this};
    Side& side = direction == Direction::kRead ? read_ : write_;
    ec = ended(side);
    if (ec) {
      result = -1;
      return true;
    }
    const Try tried = ask_kernel(ec, attempt);
    result = tried.result;
    return tried.done;
  }

  /// As perform() of a read that need not wait. Where it would have to, it returns kWatching, and the watcher, which
  /// must live until then, is told when the next call may find something: bytes, the end, the deadline, close(). One at
  /// a
  /// time, and nobody else who reads.
  static constexpr ssize_t kWatching = -2;
  template <class Attempt>
  ssize_t read_or_watch(Watcher& watcher, std::error_code& ec, Attempt&& attempt, std::size_t asked) {
    if (!enter()) {
      ec = errc::closed;
      return -1;
    }
    const Operation operation{*this};
    while (true) {
      const std::uint32_t seen = read_.edges.load(std::memory_order_acquire);
      const Try tried = try_once(read_, seen, ec, attempt, asked);
      if (tried.done) return tried.result;
      if (watch(watcher, seen)) return kWatching;
    }
  }

  /// For who has just opened it: false once the poller has told of anything to read, else as read_or_watch() that found
  /// nothing.
  bool watch_unless_ready(Watcher& watcher) noexcept { return watch(watcher, first_edge_); }

  /// Tells `watcher` of the next edge of the read side, deadline or close(), whatever there is to read now. For who
  /// does not read and wants to know that the peer left. False: it is closed, or expired.
  bool watch_from_now_on(Watcher& watcher) noexcept;
  /// True: `watcher` will not be told. False: it was, or is being told at this moment.
  bool unwatch(Watcher& watcher) noexcept;

  /// Calls `call(fd)` if it is open: for calls that wait for nothing, which no deadline ends. False: it is closed.
  template <class Call>
  bool use(Call&& call) {
    if (!enter()) return false;
    const Operation operation{*this};
    call(fd_);
    return true;
  }

  /// From then on operations end with errc::deadline_exceeded, those that wait too, until another one is set. kNever:
  /// none.
  void set_deadline(Direction direction, detail::MonotonicNanos when) noexcept;

  /// Ends what waits, with errc::closed, and all operations to come. Idempotent.
  void close() noexcept;
  bool is_closed() const noexcept { return (state_.load(std::memory_order_acquire) & kClosed) != 0; }

  /// For calls that do not wait; valid while the caller keeps others from closing.
  int fd() const noexcept { return fd_; }

 private:
  static constexpr std::uint64_t kNotEmpty = UINT64_MAX;
  static constexpr std::uint64_t since(std::uint32_t edge) noexcept { return edge; }

  struct Side : detail::TimerNode {  // armed for `armed_for`
    detail::SpinLock lock;
    detail::Atomic<std::uint32_t> edges{0};                // written under lock
    detail::Atomic<bool> expired{false};                   // written under lock: the deadline has passed
    detail::Atomic<std::uint64_t> empty_since{kNotEmpty};  // the edge after which a read emptied the stream
    detail::WaitList waiters;                              // under lock
    Watcher* watcher = nullptr;                            // under lock; the read side's
    detail::MonotonicNanos deadline = detail::kNever;      // under lock
    detail::MonotonicNanos armed_for = detail::kNever;     // under lock; I4
    detail::SpinLock deadline_lock;                        // one set_deadline() at a time
  };

  struct Try {
    bool done;
    ssize_t result;
  };

  // One call that does not wait. Not done: it would have to.
  template <class Attempt>
  Try try_once(Side& side, std::uint32_t seen, std::error_code& ec, Attempt& attempt, std::size_t asked) {
    ec = ended(side);
    if (ec) return {true, -1};
    if (side.empty_since.load(std::memory_order_relaxed) == since(seen)) return {false, 0};
    const Try tried = ask_kernel(ec, attempt);
    if (tried.done && !ec && asked != 0)
      note_read(side, seen, tried.result != 0 && static_cast<std::size_t>(tried.result) < asked);
    return tried;
  }

  template <class Attempt>
  Try ask_kernel(std::error_code& ec, Attempt& attempt) {
    ssize_t result;
    do {
      result = attempt(fd_);
    } while (result < 0 && errno == EINTR);
    if (result >= 0) return {true, result};
    if (errno == EAGAIN) return {false, 0};
    ec.assign(errno, std::generic_category());
    return {true, -1};
  }

  struct Operation {
    Descriptor& descriptor;
    ~Operation() { descriptor.leave(); }
  };

  // of state_; below them the number of operations under way
  static constexpr std::uint32_t kClosed = 1u << 31, kOwned = 1u << 30, kOperations = kOwned - 1;

  Descriptor() noexcept;
  bool enter() noexcept;
  void leave() noexcept;
  void settle(std::uint32_t before, std::uint32_t after) noexcept;
  void recycle() noexcept;

  std::error_code ended(const Side& side) const noexcept;
  void note_read(Side& side, std::uint32_t seen, bool all) noexcept {
    const bool empty = all && !exceptional_.load(std::memory_order_relaxed);
    side.empty_since.store(empty ? since(seen) : kNotEmpty, std::memory_order_relaxed);
  }
  std::error_code wait(Side& side, std::uint32_t seen, const detail::WaitLimits& limits) noexcept;
  bool watch(Watcher& watcher, std::uint32_t seen) noexcept;
  void listen_after_fork() noexcept;
  static void on_edge(sched::PollTarget& target, const os::Readiness& ready) noexcept;
  static void on_deadline(detail::TimerNode* timer) noexcept;
  static void note_edge(Side& side) noexcept;
  static void wake(Side& side) noexcept;
  static void wake_all_unlock(Side& side) noexcept;

  detail::Atomic<std::uint32_t> state_{0};
  detail::Atomic<bool> exceptional_{false};  // something but data was told of since it was opened
  int fd_ = -1;
  std::uint32_t first_edge_ = 0;      // of the read side, when it was opened
  std::uint8_t fork_generation_ = 0;  // of the poller that has it
  Side read_, write_;
  Descriptor* next_free_ = nullptr;
};

/// For the layers above, which wait in ways that a stream does not offer.
struct StreamAccess {
  template <class AnyStream>
  static Descriptor& descriptor(Stream<AnyStream>& stream) {
    return stream.socket_.get("StreamAccess");
  }
};

}  // namespace weft::net
