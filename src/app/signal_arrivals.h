// Which signals have arrived since somebody last looked, and in which order.
//
// INVARIANTS [arrive.I1] pending_[n] is 0 while number n is not pending, else the ticket of an arrival that made it so.
//                        Further arrivals write the same again: whoever takes it has seen what each of them saw
//            [arrive.I2] take() gives out tickets below the count that it began with only. Who has such a ticket drew
//                        it after whatever came before was pending: nothing is given out before what came before it
// LOCK-FREE  note() runs in signal handlers, on any thread, between any two instructions
// EVIDENCE   tests/model/signal_arrivals_model.cc: all interleavings; without [arrive.I2] the order breaks
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "weft/detail/atomic.h"

namespace weft::app {

template <int kNumbers>
class SignalArrivals {
 public:
  /// Numbers, the one that came first in front.
  struct Taken {
    std::array<int, kNumbers> numbers;
    std::size_t count = 0;
  };

  /// `number`, 1 to kNumbers, has arrived. Async-signal-safe; from any number of threads.
  void note(int number) noexcept {
    const std::uint64_t ticket = 1 + drawn_.fetch_add(1, std::memory_order_acq_rel);
    detail::Atomic<std::uint64_t>& pending = of(number);
    std::uint64_t before = pending.load(std::memory_order_relaxed);
    while (!pending.compare_exchange_weak(before, before == 0 ? ticket : before, std::memory_order_acq_rel,
                                          std::memory_order_relaxed)) {
    }
  }

  /// Takes what had arrived when it was called, and was not taken before. By one thread at a time.
  Taken take() noexcept {
    const std::uint64_t drawn = drawn_.load(std::memory_order_acquire);
    std::array<std::uint64_t, kNumbers> tickets;
    Taken taken;
    for (int number = 1; number <= kNumbers; ++number) {
      const std::uint64_t ticket = of(number).load(std::memory_order_relaxed);
      if (ticket == 0 || ticket > drawn) continue;  // [arrive.I2]
      of(number).exchange(0, std::memory_order_acquire);
      std::size_t place = taken.count++;  // few are pending: they are sorted as they come
      for (; place > 0 && tickets[place - 1] > ticket; --place) {
        tickets[place] = tickets[place - 1];
        taken.numbers[place] = taken.numbers[place - 1];
      }
      tickets[place] = ticket;
      taken.numbers[place] = number;
    }
    return taken;
  }

  /// For the child of a fork(): nothing has arrived.
  void clear() noexcept {
    for (detail::Atomic<std::uint64_t>& each : pending_) each.store(0, std::memory_order_relaxed);
  }

 private:
  detail::Atomic<std::uint64_t>& of(int number) noexcept { return pending_[static_cast<std::size_t>(number - 1)]; }

  detail::Atomic<std::uint64_t> drawn_{0};  // tickets, since the program began
  std::array<detail::Atomic<std::uint64_t>, kNumbers> pending_{};
};

}  // namespace weft::app
