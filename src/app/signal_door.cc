#include "app/signal_door.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <array>
#include <csignal>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/fatal.h"
#include "os/errno_guard.h"
#include "sched/poller.h"
#include "sched/scheduler.h"
#include "weft/detail/atomic.h"

namespace weft::app {
namespace {

struct Door final : sched::PollTarget {
  // the handler's
  SignalArrivals<kMostSignals> arrivals;
  detail::Atomic<std::uint64_t> fatal_repeats{0};  // see end_at_second_signal()
  detail::Atomic<bool> ending{false};              // the first of those has come
  detail::Atomic<int> bell{-1};                    // an eventfd

  void (*on_arrival)() noexcept = nullptr;              // set once, before the first signal can come
  std::mutex opening;                                   // one thread opens
  std::array<struct sigaction, kMostSignals> before{};  // under the caller's lock, as the next
  std::array<bool, kMostSignals> ours{};
};

// Never destroyed: a signal may come while the program's own objects are.
constinit Door door;

std::size_t index_of(int number) noexcept { return static_cast<std::size_t>(number - 1); }

void ring() noexcept {
  const std::uint64_t one = 1;
  // It fails when the counter is full, after 2^64 rings: then an edge has been told long since.
  [[maybe_unused]] const ssize_t written = ::write(door.bell.load(std::memory_order_relaxed), &one, sizeof one);
}

void end_if_repeated(int number) noexcept {
  if ((door.fatal_repeats.load(std::memory_order_relaxed) & signal_bit(number)) == 0) return;
  if (!door.ending.exchange(true, std::memory_order_relaxed)) return;
  base::LineBuffer().text("weft: a second signal (").number(number).text("): ends now\n").write(STDERR_FILENO);
  ::_exit(128 + number);
}

void on_signal(int number) {
  const os::ErrnoGuard guard;
  end_if_repeated(number);
  door.arrivals.note(number);
  ring();  // [signal.I1]
}

void on_ring(sched::PollTarget&, const os::Readiness& ready) noexcept {
  if (ready.readable) door.on_arrival();
}

int make_bell() noexcept {
  const int bell = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bell < 0) return errno;
  const int former = door.bell.exchange(bell, std::memory_order_release);
  if (former >= 0) ::close(former);
  const detail::Section section;
  return sched::poll_add(bell, door);
}

// A child has a poller of its own, which knows nothing of the bell; and the parent's bell is not its to ring.
void after_fork_in_child() noexcept {
  const os::ErrnoGuard guard;
  door.arrivals.clear();
  door.ending.store(false, std::memory_order_relaxed);
  if (const int failed = make_bell(); failed != 0) base::fatal("no bell for signals after fork()", failed);
}

void set(int number, void (*handler)(int)) noexcept {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART | SA_ONSTACK;  // goroutines' stacks are not for handlers
  ::sigfillset(&action.sa_mask);
  struct sigaction former{};
  ::sigaction(number, &action, &former);
  if (!std::exchange(door.ours[index_of(number)], true)) door.before[index_of(number)] = former;  // [signal.I2]
}

}  // namespace

ArrivedSignals take_arrived_signals() noexcept { return door.arrivals.take(); }

void open_signal_door(void (*on_arrival)() noexcept) {
  sched::start_runtime();
  const std::scoped_lock guard(door.opening);
  if (door.on_arrival != nullptr) return;
  door.on_ready = &on_ring;
  if (const int failed = make_bell(); failed != 0) {
    throw std::system_error(failed, std::generic_category(), "weft::signal: no eventfd to wake up by");
  }
  door.on_arrival = on_arrival;
  ::pthread_atfork(nullptr, nullptr, &after_fork_in_child);  // after the scheduler's: children run in order
}

void take_signal(int number) noexcept { set(number, &on_signal); }
void discard_signal(int number) noexcept { set(number, SIG_IGN); }

void give_signal_back(int number) noexcept {
  if (std::exchange(door.ours[index_of(number)], false)) ::sigaction(number, &door.before[index_of(number)], nullptr);
}

void end_at_second_signal(std::uint64_t numbers) noexcept {
  door.ending.store(false, std::memory_order_relaxed);
  door.fatal_repeats.store(numbers, std::memory_order_relaxed);
}

}  // namespace weft::app
