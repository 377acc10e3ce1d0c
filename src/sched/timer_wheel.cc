#include "sched/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace weft::sched {

using detail::kNever;
using detail::MonotonicNanos;
using detail::SpinGuard;
using detail::TimerNode;

TimerWheel::Tick TimerWheel::tick_at_or_after(MonotonicNanos when) noexcept {
  if (when <= 0) return 0;
  return (static_cast<Tick>(when) + ((Tick{1} << kTickBits) - 1)) >> kTickBits;
}

// The slot list is a ring-free doubly linked list whose head is slots_[level][slot].
void TimerWheel::link(TimerNode& node) noexcept {
  Tick tick = tick_at_or_after(node.when);
  if (tick < elapsed_) tick = elapsed_;
  const Tick differing = tick ^ elapsed_;
  const std::uint32_t level =
      differing == 0 ? 0 : (static_cast<std::uint32_t>(std::bit_width(differing)) - 1) / kSlotBits;
  const auto slot = static_cast<std::uint32_t>(tick >> (level * kSlotBits)) & (kSlots - 1);
  TimerNode*& head = slots_[level][slot];
  node.prev = nullptr;
  node.next = head;
  if (head != nullptr) head->prev = &node;
  head = &node;
  node.slot = static_cast<std::uint16_t>(level * kSlots + slot);
  occupied_[level] |= std::uint64_t{1} << slot;
}

void TimerWheel::unlink(TimerNode& node) noexcept {
  const std::uint32_t level = node.slot / kSlots;
  const std::uint32_t slot = node.slot % kSlots;
  (node.prev != nullptr ? node.prev->next : slots_[level][slot]) = node.next;
  if (node.next != nullptr) node.next->prev = node.prev;
  if (slots_[level][slot] == nullptr) occupied_[level] &= ~(std::uint64_t{1} << slot);
  node.prev = node.next = nullptr;
}

// By [timer.I1] lower levels come before higher ones, and within a level no occupied slot is behind `elapsed_`.
TimerWheel::Due TimerWheel::next_due() const noexcept {
  for (std::uint32_t level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) continue;
    const std::uint32_t shift = level * kSlotBits;
    const auto slot = static_cast<std::uint32_t>(std::countr_zero(occupied_[level]));
    const Tick above = shift + kSlotBits >= 64 ? 0 : (elapsed_ >> (shift + kSlotBits)) << (shift + kSlotBits);
    Tick tick = above | (static_cast<Tick>(slot) << shift);
    if (tick < elapsed_) tick = elapsed_;
    return {true, {level, slot}, tick};
  }
  return {false, {0, 0}, 0};
}

MonotonicNanos TimerWheel::nanos_of(Tick tick) noexcept {
  const auto when = static_cast<MonotonicNanos>(tick << kTickBits);
  return when < 0 ? kNever : when;
}

// Of a few timers the earliest is looked for, so that a sleeper need not wake up only to cascade.
void TimerWheel::update_next_when() noexcept {
  constexpr int kFew = 8;
  const Due due = next_due();
  MonotonicNanos when = due.any ? nanos_of(due.tick) : kNever;
  if (due.place.level > 0) {
    const TimerNode* node = slots_[due.place.level][due.place.slot];
    MonotonicNanos earliest = kNever;
    for (int i = 0; i < kFew && node != nullptr; ++i, node = node->next) {
      earliest = std::min(earliest, nanos_of(tick_at_or_after(node->when)));
    }
    if (node == nullptr) when = std::max(when, earliest);
  }
  next_when_.store(when, std::memory_order_release);
}

bool TimerWheel::add(TimerNode& node, MonotonicNanos now) noexcept {
  const SpinGuard guard(lock_);
  const Tick now_tick = static_cast<Tick>(now) >> kTickBits;
  if (size_ == 0 && now_tick > elapsed_) elapsed_ = now_tick;  // nothing is linked, so nothing can contradict I1
  link(node);
  ++size_;
  node.wheel.store(this, std::memory_order_release);
  const MonotonicNanos when = nanos_of(std::max(tick_at_or_after(node.when), elapsed_));
  if (when >= next_when_.load(std::memory_order_relaxed)) return false;
  next_when_.store(when, std::memory_order_release);
  return true;
}

bool TimerWheel::remove(TimerNode& node) noexcept {
  const SpinGuard guard(lock_);
  if (node.wheel.load(std::memory_order_relaxed) != this) return false;
  unlink(node);
  --size_;
  node.wheel.store(nullptr, std::memory_order_release);
  if (size_ == 0) next_when_.store(kNever, std::memory_order_release);  // else too early at worst, as I3 allows
  return true;
}

// Takes up to `room` due timers out, cascading on the way.
std::size_t TimerWheel::collect(MonotonicNanos now, TimerNode** out, std::size_t room) noexcept {
  const SpinGuard guard(lock_);
  const Tick now_tick = static_cast<Tick>(now) >> kTickBits;
  std::size_t count = 0;
  while (count < room) {
    const Due due = next_due();
    if (!due.any || due.tick > now_tick) break;
    elapsed_ = due.tick;
    TimerNode*& head = slots_[due.place.level][due.place.slot];
    if (due.place.level > 0) {
      TimerNode* moving = head;
      head = nullptr;
      occupied_[due.place.level] &= ~(std::uint64_t{1} << due.place.slot);
      while (moving != nullptr) {
        TimerNode* next = moving->next;
        link(*moving);
        moving = next;
      }
      continue;
    }
    while (head != nullptr && count < room) {
      TimerNode* node = head;
      unlink(*node);
      --size_;
      node->firing.fetch_add(1, std::memory_order_relaxed);
      node->wheel.store(nullptr, std::memory_order_release);
      out[count++] = node;
    }
  }
  if (count != 0) batches_firing_.fetch_add(1, std::memory_order_relaxed);
  update_next_when();
  return count;
}

std::size_t TimerWheel::expire(MonotonicNanos now) noexcept {
  constexpr std::size_t kBatch = 64;
  std::size_t total = 0;
  while (next_when() <= now) {
    TimerNode* due[kBatch];
    const std::size_t count = collect(now, due, kBatch);
    for (std::size_t i = 0; i < count; ++i) {
      due[i]->fire(due[i]);
      due[i]->firing.fetch_sub(1, std::memory_order_release);  // pairs with timer_cancel's wait
    }
    if (count != 0) batches_firing_.fetch_sub(1, std::memory_order_release);
    total += count;
    if (count < kBatch) break;
  }
  return total;
}

void TimerWheel::move_all_to(TimerWheel& other, MonotonicNanos now) noexcept {
  while (true) {
    TimerNode* node = nullptr;
    {
      const SpinGuard guard(lock_);
      const Due due = next_due();
      if (!due.any) {
        next_when_.store(kNever, std::memory_order_release);
        return;
      }
      node = slots_[due.place.level][due.place.slot];
      unlink(*node);
      --size_;
      node->wheel.store(node, std::memory_order_release);  // a canceller waits until it is in the other wheel
    }
    other.add(*node, now);  // the last touch: from now on its owner may cancel it and go
  }
}

std::size_t TimerWheel::size() noexcept {
  const SpinGuard guard(lock_);
  return size_;
}

bool TimerWheel::check() noexcept {
  const SpinGuard guard(lock_);
  std::size_t counted = 0;
  for (std::uint32_t level = 0; level < kLevels; ++level) {
    for (std::uint32_t slot = 0; slot < kSlots; ++slot) {
      const TimerNode* node = slots_[level][slot];
      if (((occupied_[level] >> slot) & 1) != (node != nullptr ? 1u : 0u)) return false;  // I2
      for (; node != nullptr; node = node->next) {
        ++counted;
        const Tick tick = tick_at_or_after(node->when) < elapsed_ ? elapsed_ : tick_at_or_after(node->when);
        const std::uint32_t above = (level + 1) * kSlotBits;
        if (above < 64 && (tick >> above) != (elapsed_ >> above)) return false;  // I1
      }
    }
  }
  return counted == size_;
}

void TimerWheel::reset_after_fork() noexcept {
  for (Due due = next_due(); due.any; due = next_due()) {
    TimerNode* node = slots_[due.place.level][due.place.slot];
    unlink(*node);
    node->wheel.store(nullptr, std::memory_order_relaxed);
  }
  size_ = 0;
  next_when_.store(kNever, std::memory_order_relaxed);
  lock_.unlock();
}

}  // namespace weft::sched
