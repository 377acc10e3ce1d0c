// Each thread counts in a cache line of its own, so that counting costs a plain add and two threads do not slow each
// other. A goroutine may move between two statements; the door below is left before that can happen, as nothing in it
// parks.
#include "lab/support/allocations.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace lab {
namespace {

struct alignas(64) Shard {
  std::atomic<std::int64_t> count{0};  // written by the threads that drew this shard, read by allocations()
  std::atomic<std::int64_t> bytes{0};
};

constexpr std::size_t kShards = 64;
constinit std::array<Shard, kShards> g_shards;
constinit std::atomic<std::size_t> g_next_shard{0};
constinit thread_local Shard* t_shard = nullptr;

[[gnu::noinline]] void* counted(std::size_t bytes, std::size_t alignment) {
  if (t_shard == nullptr) t_shard = &g_shards[g_next_shard.fetch_add(1, std::memory_order_relaxed) % kShards];
  t_shard->count.store(t_shard->count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  t_shard->bytes.store(t_shard->bytes.load(std::memory_order_relaxed) + static_cast<std::int64_t>(bytes),
                       std::memory_order_relaxed);
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* result = alignment <= alignof(std::max_align_t) ? std::malloc(bytes) : std::aligned_alloc(alignment, rounded);
  if (result == nullptr) throw std::bad_alloc();
  return result;
}

}  // namespace

Allocations allocations() noexcept {
  Allocations sum;
  for (const Shard& shard : g_shards) {
    sum.count += shard.count.load(std::memory_order_relaxed);
    sum.bytes += shard.bytes.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace lab

void* operator new(std::size_t bytes) { return lab::counted(bytes, 1); }
void* operator new[](std::size_t bytes) { return lab::counted(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t align) {
  return lab::counted(bytes, static_cast<std::size_t>(align));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
