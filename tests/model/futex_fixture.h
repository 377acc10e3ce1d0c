// The kernel's futex, for models of code that sleeps on one: looking at the word and going to sleep are one step
// against a wake-up, and nothing wakes for no reason.
#pragma once

#include "os/futex.h"

#include "weft/detail/park.h"

namespace model {

struct Futex {
  static constexpr int kSleepers = 4;
  weft::detail::SpinLock lock;
  weft::detail::Atomic<std::uint32_t>* words[kSleepers] = {};
  int threads[kSleepers] = {};
};
/// The execution's own; setup makes it anew.
inline Futex* futex = nullptr;

}  // namespace model

namespace weft::os {

void futex_wait(detail::Atomic<std::uint32_t>& word, std::uint32_t expected) noexcept {
  {
    const detail::SpinGuard guard(model::futex->lock);
    if (word.load(std::memory_order_relaxed) != expected) return;
    int place = 0;
    while (model::futex->words[place] != nullptr) ++place;
    model::futex->words[place] = &word;
    model::futex->threads[place] = model::thread_index();
  }
  model::park();
}

bool futex_wait_until(detail::Atomic<std::uint32_t>& word, std::uint32_t expected, std::int64_t) noexcept {
  futex_wait(word, expected);
  return true;
}

void futex_wake(detail::Atomic<std::uint32_t>& word, int count) noexcept {
  int woken[model::Futex::kSleepers];
  int wakes = 0;
  {
    const detail::SpinGuard guard(model::futex->lock);
    for (int i = 0; i < model::Futex::kSleepers && wakes < count; ++i) {
      if (model::futex->words[i] != &word) continue;
      model::futex->words[i] = nullptr;
      woken[wakes++] = model::futex->threads[i];
    }
  }
  for (int i = 0; i < wakes; ++i) model::ready(woken[i]);
}

}  // namespace weft::os
