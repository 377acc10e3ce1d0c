#include "sched/stack_pool.h"

#include <new>

namespace weft::sched {

using detail::SpinGuard;

namespace {
constinit StackPool the_stack_pool;
}

StackPool& stack_pool() noexcept { return the_stack_pool; }

[[gnu::used]] const StackPool::DebugLayout StackPool::kDebugLayout = {&the_stack_pool, kColors, kClassBytes};

std::uint8_t StackPool::class_of(std::size_t bytes) noexcept {
  std::uint8_t c = 0;
  while (c + 1 < kClasses && kClassBytes[c] < bytes) ++c;
  return c;
}

Goroutine* StackPool::control_block(const Chunk& chunk, std::uint8_t size_class, std::uint32_t index) noexcept {
  std::byte* top = slot_base(chunk, size_class, index) + kClassBytes[size_class];
  std::byte* block = top - sizeof(Goroutine) - std::size_t{index % kColors} * 64;
  return reinterpret_cast<Goroutine*>(reinterpret_cast<std::uintptr_t>(block) & ~std::uintptr_t{63});
}

// The first use of a slot.
Goroutine* StackPool::build(const Chunk& chunk, std::uint8_t size_class, std::uint32_t index) noexcept {
  ::new (control_block(chunk, size_class, index)) Goroutine();
  return lay_out(chunk, size_class, index);
}

// Also the first use after the slot's pages were given back. They read as zeros, which is what a new control block is;
// it is not made anew, since the dump may be looking at it.
Goroutine* StackPool::lay_out(const Chunk& chunk, std::uint8_t size_class, std::uint32_t index) noexcept {
  Goroutine* g = control_block(chunk, size_class, index);
  g->size_class = size_class;
  g->stack_low = slot_base(chunk, size_class, index) + guard_bytes(size_class);
  g->stack_high = reinterpret_cast<std::byte*>(g);
  sanitizer_new_stack(g->fiber, g->stack_low, g->stack_high);
  return g;
}

Goroutine* StackPool::take(std::uint8_t size_class) noexcept {
  Class& cls = classes_[size_class];
  const SpinGuard guard(cls.lock);
  if (cls.free != nullptr) {
    Goroutine* g = cls.free;
    cls.free = g->queue_next;
    cls.free_low_water = std::min(cls.free_low_water, --cls.free_count);
    return g;
  }
  if (cls.cold_count > 0) {
    const ColdSlot slot = cls.cold[--cls.cold_count];
    return lay_out(cls.chunks[slot.chunk], size_class, slot.index);
  }
  return take_fresh_locked(size_class);
}

Goroutine* StackPool::take_fresh_locked(std::uint8_t size_class) noexcept {
  Class& cls = classes_[size_class];
  while (true) {
    const std::uint32_t chunks = cls.chunk_count.load(std::memory_order_relaxed);
    if (chunks > 0) {
      Chunk& chunk = cls.chunks[chunks - 1];
      const std::uint32_t index = chunk.used.load(std::memory_order_relaxed);
      if (index < chunk.slots) {
        if (index == chunk.guarded && !guard_more_locked(chunk, size_class)) {
          shortage_.store(Shortage::kGuards, std::memory_order_relaxed);
          return nullptr;
        }
        Goroutine* g = build(chunk, size_class, index);
        chunk.used.store(index + 1, std::memory_order_release);
        return g;
      }
    }
    if (!add_chunk_locked(size_class)) {
      shortage_.store(Shortage::kAddressSpace, std::memory_order_relaxed);
      return nullptr;
    }
  }
}

// Chunks double, so that a million stacks are a dozen mappings; where address space is short, smaller ones are tried.
bool StackPool::add_chunk_locked(std::uint8_t size_class) noexcept {
  Class& cls = classes_[size_class];
  const std::uint32_t count = cls.chunk_count.load(std::memory_order_relaxed);
  if (count == kChunks) return false;
  const std::size_t stride = kClassBytes[size_class];
  const std::size_t first = std::max<std::size_t>(1, (std::size_t{64} << 20) / stride);
  for (std::size_t slots = first << std::min(count, 16u); slots > 0; slots /= 2) {
    void* base = os::reserve_memory(slots * stride, std::min<std::size_t>(stride, std::size_t{2} << 20));
    if (base == nullptr) continue;
    cls.chunks[count].base = static_cast<std::byte*>(base);
    cls.chunks[count].slots = static_cast<std::uint32_t>(slots);
    cls.chunk_count.store(count + 1, std::memory_order_release);
    return true;
  }
  return false;
}

bool StackPool::guard_more_locked(Chunk& chunk, std::uint8_t size_class) noexcept {
  const std::uint32_t count = std::min(kGuardBatch, chunk.slots - chunk.guarded);
  std::array<os::PageRange, kGuardBatch> guards;
  for (std::uint32_t i = 0; i < count; ++i)
    guards[i] = {slot_base(chunk, size_class, chunk.guarded + i), guard_bytes(size_class)};
  if (os::install_guards({guards.data(), count})) {
    chunk.guarded += count;
    return true;
  }
  // Near the limit of mappings one may still fit.
  if (!os::install_guards({guards.data(), 1})) return false;
  chunk.guarded += 1;
  return true;
}

void StackPool::put(Goroutine* g) noexcept { put_list(g->size_class, g, g, 1); }

void StackPool::put_list(std::uint8_t size_class, Goroutine* first, Goroutine* last, std::uint32_t count) noexcept {
  Class& cls = classes_[size_class];
  const SpinGuard guard(cls.lock);
  last->queue_next = cls.free;
  cls.free = first;
  cls.free_count += count;
}

std::uint32_t StackPool::take_free(std::uint8_t size_class, std::uint32_t most, Goroutine** list) noexcept {
  Class& cls = classes_[size_class];
  const SpinGuard guard(cls.lock);
  std::uint32_t count = 0;
  *list = cls.free;
  Goroutine* last = nullptr;
  while (count < most && cls.free != nullptr) {
    last = cls.free;
    cls.free = last->queue_next;
    ++count;
  }
  if (last != nullptr) last->queue_next = nullptr;
  if (count == 0) *list = nullptr;
  cls.free_count -= count;
  cls.free_low_water = std::min(cls.free_low_water, cls.free_count);
  return count;
}

std::size_t StackPool::trim(Trim how) noexcept {
  std::size_t total = 0;
  for (std::uint8_t c = 0; c < kClasses; ++c) total += trim_class(c, how);
  return total;
}

bool StackPool::has_free() noexcept {
  for (Class& cls : classes_) {
    const SpinGuard guard(cls.lock);
    if (cls.free_count > 0) return true;
  }
  return false;
}

// How many were never needed since the last call, by the low water; and starts the next count.
std::uint32_t StackPool::take_surplus(std::uint8_t size_class, Trim how) noexcept {
  Class& cls = classes_[size_class];
  const SpinGuard guard(cls.lock);
  const std::uint32_t unneeded = std::min(cls.free_low_water, cls.free_count);
  const std::uint32_t surplus = how == Trim::kAll ? unneeded : unneeded - unneeded / 2;
  cls.free_low_water = cls.free_count - surplus;
  return surplus;
}

// In batches, so that the lock stays short.
std::size_t StackPool::trim_class(std::uint8_t size_class, Trim how) noexcept {
  std::size_t total = 0;
  for (std::uint32_t left = take_surplus(size_class, how); left > 0;) {
    Goroutine* list = nullptr;
    const std::uint32_t count = take_free(size_class, std::min(left, kTrimBatch), &list);
    if (count == 0) break;
    cool(size_class, list);
    left -= count;
    total += count;
  }
  return total;
}

// Gives the pages of the listed stacks back and notes them as cold.
void StackPool::cool(std::uint8_t size_class, Goroutine* list) noexcept {
  Class& cls = classes_[size_class];
  std::array<os::PageRange, kTrimBatch> ranges;
  std::array<ColdSlot, kTrimBatch> slots;
  std::uint32_t count = 0;
  for (Goroutine* g = list; g != nullptr; g = g->queue_next, ++count) {
    ranges[count] = {g->stack_low, kClassBytes[size_class] - guard_bytes(size_class)};
    slots[count] = slot_of(cls, size_class, g->stack_low - guard_bytes(size_class));
    sanitizer_end_fiber(g->fiber);
  }
  os::release_pages({ranges.data(), count});
  const SpinGuard guard(cls.lock);
  if (cls.cold == nullptr) {
    cls.cold_room = 1u << 24;
    cls.cold = static_cast<ColdSlot*>(os::reserve_memory(sizeof(ColdSlot) * cls.cold_room, os::page_bytes()));
    if (cls.cold == nullptr) cls.cold_room = 0;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    if (cls.cold_count < cls.cold_room) {
      cls.cold[cls.cold_count++] = slots[i];
    } else {  // no table: keep it free, as a fresh block
      Goroutine* g = lay_out(cls.chunks[slots[i].chunk], size_class, slots[i].index);
      g->queue_next = cls.free;
      cls.free = g;
      ++cls.free_count;
    }
  }
}

StackPool::ColdSlot StackPool::slot_of(const Class& cls, std::uint8_t size_class, const std::byte* base) noexcept {
  const std::size_t stride = kClassBytes[size_class];
  std::uint32_t k = 0;
  while (base < cls.chunks[k].base || base >= cls.chunks[k].base + cls.chunks[k].slots * stride) ++k;
  return {k, static_cast<std::uint32_t>(static_cast<std::size_t>(base - cls.chunks[k].base) / stride)};
}

Goroutine* StackPool::find(const void* address) noexcept {
  const auto* at = static_cast<const std::byte*>(address);
  for (std::uint8_t c = 0; c < kClasses; ++c) {
    Class& cls = classes_[c];
    const std::uint32_t chunks = cls.chunk_count.load(std::memory_order_acquire);
    for (std::uint32_t k = 0; k < chunks; ++k) {
      const Chunk& chunk = cls.chunks[k];
      if (at < chunk.base || at >= chunk.base + std::size_t{chunk.slots} * kClassBytes[c]) continue;
      const auto index = static_cast<std::uint32_t>(static_cast<std::size_t>(at - chunk.base) / kClassBytes[c]);
      return index < chunk.used.load(std::memory_order_acquire) ? control_block(chunk, c, index) : nullptr;
    }
  }
  return nullptr;
}

StackPool::Usage StackPool::usage() noexcept {
  Usage usage{};
  for (std::uint8_t c = 0; c < kClasses; ++c) {
    Class& cls = classes_[c];
    const SpinGuard guard(cls.lock);
    usage.slots_free += cls.free_count;
    usage.slots_cold += cls.cold_count;
    const std::uint32_t chunks = cls.chunk_count.load(std::memory_order_relaxed);
    for (std::uint32_t k = 0; k < chunks; ++k) {
      usage.reserved_bytes += std::uint64_t{cls.chunks[k].slots} * kClassBytes[c];
      usage.slots_used += cls.chunks[k].used.load(std::memory_order_relaxed);
    }
  }
  return usage;
}

void StackPool::lock_for_fork() noexcept {
  for (Class& cls : classes_) cls.lock.lock();
}

void StackPool::unlock_after_fork() noexcept {
  for (Class& cls : classes_) cls.lock.unlock();
}

}  // namespace weft::sched
