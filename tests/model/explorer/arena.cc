#include "explorer/arena.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "explorer/plain_access.h"

namespace model {
namespace {

constexpr std::size_t kArenaBytes = 4 << 20;
alignas(64) char arena[kArenaBytes];
std::size_t used = 0;
bool inside = false;

void* allocate(std::size_t bytes, std::size_t align) {
  if (!inside) {
    void* memory = std::aligned_alloc(align, (bytes + align - 1) / align * align);
    if (memory == nullptr) std::abort();
    return memory;
  }
  const std::size_t start = (used + align - 1) / align * align;
  if (start + bytes > kArenaBytes) {
    std::fputs("model: an execution allocates more than the arena holds\n", stderr);
    std::abort();
  }
  used = start + bytes;
  return arena + start;
}

void release(void* memory, std::size_t bytes) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const auto start = reinterpret_cast<std::uintptr_t>(arena);
  if (address < start || address >= start + kArenaBytes) return std::free(memory);
  if (inside) note_free(address, bytes);
}

}  // namespace

void reset_arena() noexcept { used = 0; }
bool in_model() noexcept { return inside; }
void set_in_model(bool in) noexcept { inside = in; }

}  // namespace model

void* operator new(std::size_t bytes) { return model::allocate(bytes, 16); }
void* operator new(std::size_t bytes, std::align_val_t align) {
  return model::allocate(bytes, static_cast<std::size_t>(align));
}
void* operator new[](std::size_t bytes) { return model::allocate(bytes, 16); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return model::allocate(bytes, 16); }
void* operator new(std::size_t bytes, std::align_val_t align, const std::nothrow_t&) noexcept {
  return model::allocate(bytes, static_cast<std::size_t>(align));
}
void operator delete(void* memory) noexcept { model::release(memory, 1); }
void operator delete[](void* memory) noexcept { model::release(memory, 1); }
void operator delete(void* memory, std::size_t bytes) noexcept { model::release(memory, bytes); }
void operator delete[](void* memory, std::size_t bytes) noexcept { model::release(memory, bytes); }
void operator delete(void* memory, std::align_val_t) noexcept { model::release(memory, 1); }
void operator delete(void* memory, std::size_t bytes, std::align_val_t) noexcept { model::release(memory, bytes); }
