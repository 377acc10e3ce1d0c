// Who gets which signal: the list of subscribers. The signals come in by signal_door.h.
//
// A subscriber's channel has room for one of each number. The dispatcher, its only sender, puts a number in unless it
// is there: then it has yet to be received, which will be after this arrival, and that is all that is promised.
//
// INVARIANTS [signal.I3] a channel holds a number once at most, so a send never finds it full
//            [signal.I4] a channel is closed when it is out of the list, under the lock: the dispatcher never sends on
//                        a closed one
//            [signal.I5] a number is taken while a subscriber has it, or discarded, or left alone
//            [signal.I6] while there are subscribers, one wait for the poller is counted: the process is not
//                        deadlocked, and the monitor looks at the poller while all are busy
//            [signal.I7] each change of the list is one store, so a fork()'s child finds it whole, whoever was at it
// LOCKS      Subscribers::lock > the channel's lock > the scheduler's
#include "weft/signal.h"

#include <pthread.h>
#include <algorithm>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "app/signal_door.h"
#include "sched/poller.h"
#include "sched/scheduler.h"
#include "sched/thread_signal.h"
#include "weft/runtime.h"
#include "weft/select.h"

namespace weft::signal {
namespace {

using app::kMostSignals;
using app::signal_bit;
using detail::Section;
using detail::SpinGuard;

constexpr int kRefused[] = {SIGKILL, SIGSTOP, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};

struct Subscriber {
  Chan<int> channel;
  std::uint64_t numbers = 0;
  Subscriber* next = nullptr;
};

struct Subscribers {
  detail::SpinLock lock;
  Subscriber* first = nullptr;
  std::uint64_t ignored = 0;
};
constinit Subscribers subscribers;

std::string name_of(int number) {
  const char* abbreviation = ::sigabbrev_np(number);
  const std::string digits = std::to_string(number);
  return abbreviation == nullptr ? digits : digits + " (SIG" + abbreviation + ")";
}

template <class Visit>
void for_each_number(std::uint64_t bits, Visit&& visit) noexcept {
  for (int number = 1; number <= kMostSignals; ++number) {
    if ((bits & signal_bit(number)) != 0) visit(number);
  }
}

// Under the lock; the dispatcher alone sends, so what is not in the buffer now does not come in between [signal.I3].
bool holds(detail::ChanCore& core, int number) noexcept {
  const SpinGuard guard(core.lock);
  std::uint32_t at = core.recv_index;
  for (std::uint32_t left = core.count.load(std::memory_order_relaxed); left != 0; --left, at = core.after(at)) {
    if (*detail::ElementTraffic<int>::at(core.slot(at)) == number) return true;
  }
  return false;
}

void deliver_locked() noexcept {
  const app::ArrivedSignals arrived = app::take_arrived_signals();
  for (std::size_t i = 0; i < arrived.count; ++i) {
    const int number = arrived.numbers[i];
    for (Subscriber* s = subscribers.first; s != nullptr; s = s->next) {
      if ((s->numbers & signal_bit(number)) == 0 || holds(*detail::ChanAccess::core(s->channel), number)) continue;
      s->channel.try_send(number);
    }
  }
}

void on_arrival() noexcept {
  const SpinGuard guard(subscribers.lock);
  deliver_locked();
}

// Which numbers a call takes from which subscribers.
struct Removal {
  std::uint64_t numbers;
  const RecvChan<int>* only = nullptr;  // null: from all

  std::uint64_t of(const Subscriber& s) const noexcept {
    return only == nullptr || RecvChan<int>(s.channel) == *only ? s.numbers & numbers : 0;
  }
};

// Those without a number left are out of the list then, and handed back: they are destroyed without the lock.
Subscriber* remove_locked(const Removal& removal) noexcept {
  Subscriber* out = nullptr;
  for (Subscriber** at = &subscribers.first; *at != nullptr;) {
    Subscriber* s = *at;
    s->numbers &= ~removal.of(*s);
    if (s->numbers != 0) {
      at = &s->next;
      continue;
    }
    *at = s->next;
    s->channel.close();  // [signal.I4]
    s->next = out;
    out = s;
  }
  if (out != nullptr && subscribers.first == nullptr) sched::count_poll_waiter(-1);  // [signal.I6]
  return out;
}

enum class Afterwards { kAsBefore, kDiscarded };

// First nobody new is caught, then what has been caught is delivered, and only then are subscriptions ended.
void unsubscribe(const Removal& removal, std::uint64_t no_longer_ignored, Afterwards afterwards) noexcept {
  Subscriber* out = nullptr;
  {
    const Section section;
    const SpinGuard guard(subscribers.lock);
    std::uint64_t wanted = 0;
    std::uint64_t still_wanted = 0;
    for (const Subscriber* s = subscribers.first; s != nullptr; s = s->next) {
      wanted |= s->numbers;
      still_wanted |= s->numbers & ~removal.of(*s);
    }
    if (afterwards == Afterwards::kDiscarded) {
      subscribers.ignored |= removal.numbers;
      for_each_number(removal.numbers, app::discard_signal);
    } else {
      const std::uint64_t unignored = subscribers.ignored & no_longer_ignored;
      subscribers.ignored &= ~unignored;
      for_each_number((wanted & ~still_wanted) | unignored, app::give_signal_back);
    }
    deliver_locked();
    out = remove_locked(removal);
  }
  while (out != nullptr) delete std::exchange(out, out->next);
}

// The lock may have been held by a thread that is gone [signal.I7], and the poller's count begins anew.
void after_fork_in_child() noexcept {
  subscribers.lock.unlock();
  if (subscribers.first != nullptr) sched::count_poll_waiter(1);
}

void open_door() {
  app::open_signal_door(&on_arrival);
  static const int once = ::pthread_atfork(nullptr, nullptr, &after_fork_in_child);
  static_cast<void>(once);
}

}  // namespace

Numbers::Numbers(std::span<const int> numbers) {
  if (numbers.empty()) throw usage_error("weft::signal: no signal is named");
  for (const int number : numbers) {
    if (number < 1 || number > SIGRTMAX || (number > SIGSYS && number < SIGRTMIN)) {
      throw usage_error("weft::signal: " + std::to_string(number) + " is no signal's number: allowed are 1 to " +
                        std::to_string(SIGSYS) + " and " + std::to_string(SIGRTMIN) + " to " +
                        std::to_string(SIGRTMAX));
    }
    if (std::ranges::find(kRefused, number) != std::end(kRefused)) {
      throw usage_error("weft::signal: signal " + name_of(number) +
                        (number == SIGKILL || number == SIGSTOP ? " can be neither caught nor ignored"
                                                                : " tells of a fault of the code that runs"));
    }
    if (number == sched::kThreadSignal)
      throw usage_error("weft::signal: signal " + name_of(number) + " is what weft reaches its threads by");
    bits_ |= signal_bit(number);
  }
}

interrupted::interrupted(int number) : std::runtime_error("signal " + name_of(number)), number_(number) {}

RecvChan<int> notify(Numbers numbers) {
  open_door();
  auto made = std::make_unique<Subscriber>();
  made->channel = make_chan<int>(kMostSignals);
  made->numbers = numbers.bits();
  RecvChan<int> channel = made->channel;
  const Section section;
  {
    const SpinGuard guard(subscribers.lock);
    made->next = subscribers.first;
    if (subscribers.first == nullptr) sched::count_poll_waiter(1);  // [signal.I6]
    subscribers.first = made.release();
    subscribers.ignored &= ~numbers.bits();
    for_each_number(numbers.bits(), app::take_signal);
  }
  sched::notice_work();  // the monitor may rest behind goroutines that do not come by
  return channel;
}

void stop(const RecvChan<int>& channel) noexcept {
  unsubscribe({.numbers = ~std::uint64_t{0}, .only = &channel}, 0, Afterwards::kAsBefore);
}

void ignore(Numbers numbers) noexcept { unsubscribe({.numbers = numbers.bits()}, 0, Afterwards::kDiscarded); }

bool ignored(int number) noexcept {
  struct sigaction action{};
  return ::sigaction(number, nullptr, &action) == 0 && (action.sa_flags & SA_SIGINFO) == 0 &&
         action.sa_handler == SIG_IGN;
}

void reset(Numbers numbers) noexcept {
  unsubscribe({.numbers = numbers.bits()}, numbers.bits(), Afterwards::kAsBefore);
}

namespace {

/// A context that ends its subscription before it is done: who sees it done may rely on a second signal's end.
struct SignalNode : detail::ContextNode {
  SignalNode(ContextNode* parent_, RecvChan<int> arrived_) noexcept
      : ContextNode(parent_, true), arrived(std::move(arrived_)) {}
  void before_done() noexcept override { stop(arrived); }

  const RecvChan<int> arrived;
};

}  // namespace

CancelContext with_context(const Context& parent, Numbers numbers) {
  const RecvChan<int> arrived = notify(numbers);
  try {
    const CancelContext made = detail::cancellable(new SignalNode(ContextAccess::node(parent), arrived));
    go({.name = "signal context"}, [arrived, made] {
      std::optional<int> number;
      select(on_recv(arrived, [&](std::optional<int> n) { number = n; }), on_done(made.context));
      if (number) made.cancel(std::make_exception_ptr(interrupted(*number)));
    });
    return made;
  } catch (...) {
    stop(arrived);
    throw;
  }
}

}  // namespace weft::signal
