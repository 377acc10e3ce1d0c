// weft/signal.h: signals as values of a channel: signal::notify, stop, ignore, ignored, reset, with_context, Numbers,
// interrupted.
// Not here: ending a service in order (app.h). Guide: docs/guide/shutdown.md
//
// A signal that has arrived is received by every subscriber to its number, once at least, after it arrived. Until it is
// received it is pending there, and more of the same number join it, as the kernel's own pending signals do: nothing is
// lost, nothing piles up. Different numbers come in the order in which they arrived.
//
// The first subscriber to a number takes it over from whoever handled it; that handler is put back when the last one
// has gone. A taken SIGQUIT therefore prints no dump. System calls are restarted (SA_RESTART). A process that waits for
// signals alone is not deadlocked. The child of a fork() has its parent's subscriptions, but none of what was pending.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <stdexcept>

#include "weft/chan.h"
#include "weft/context.h"

namespace weft::signal {

/// Signal numbers: `{SIGHUP, SIGUSR1}`, or a span of them.
///
/// Usage faults   usage_error, naming the value: no signal at all; not a signal's number; SIGKILL and SIGSTOP, which
///                nobody can catch; those that tell of a fault of the running code or of abort() (SIGILL, SIGTRAP,
///                SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS); SIGURG, by which weft reaches its threads
class Numbers {
 public:
  explicit(false) Numbers(std::initializer_list<int> numbers)
      : Numbers(std::span<const int>(numbers.begin(), numbers.size())) {}
  explicit(false) Numbers(std::span<const int> numbers);

  bool contains(int number) const noexcept { return number >= 1 && number <= 64 && (bits_ >> (number - 1) & 1) != 0; }
  /// Bit n-1 is signal n.
  std::uint64_t bits() const noexcept { return bits_; }

 private:
  std::uint64_t bits_ = 0;
};

/// Subscribes to signals: from now on they arrive in the channel and do nothing else.
///
/// Errors         std::system_error when there is no descriptor to be had for the wake-up; std::bad_alloc
/// Blocking       never; starts the runtime if nothing has yet
/// Thread safety  any; any number of subscribers to one number, each of whom gets every signal
/// Ordering       what happens before raise() in a thread is visible to who receives that signal
/// Cost           a channel; a signal costs a write to an eventfd, and a wake-up
[[nodiscard]] RecvChan<int> notify(Numbers numbers);

/// Ends a subscription. What has arrived can still be received, then the channel is closed, which ends a loop over it.
/// Nothing if it has ended already.
///
/// Thread safety  any
void stop(const RecvChan<int>& channel) noexcept;

/// Has the kernel discard these signals. Subscribers to them get none any more; a subscription without a number left
/// ends as by stop(). Programs started by exec inherit this.
void ignore(Numbers numbers) noexcept;

/// True when the signal would be discarded, by ignore() or since the process was started so (nohup does).
bool ignored(int number) noexcept;

/// Undoes notify() and ignore() for these signals: what handled them before does so again. A subscription without a
/// number left ends as by stop().
void reset(Numbers numbers) noexcept;

/// What Context::cause() says after with_context: "signal 15 (SIGTERM)".
class interrupted : public std::runtime_error {
 public:
  explicit interrupted(int number);
  int number() const noexcept { return number_; }

 private:
  int number_;
};

/// A context below `parent` that is done when one of the signals arrives, when `parent` is, or when `cancel` is called;
/// by then the signals are handled as before: a second one ends the process. One that arrived earlier is the first.
///
/// Errors         as notify(), as weft::go()
/// Cost           one goroutine while it is not done
[[nodiscard]] CancelContext with_context(const Context& parent, Numbers numbers);

}  // namespace weft::signal
