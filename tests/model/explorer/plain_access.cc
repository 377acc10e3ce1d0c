#include "explorer/plain_access.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "explorer/arena.h"
#include "explorer/execution.h"
#include "explorer/memory.h"

namespace model {
namespace {
constexpr std::size_t kCells = 1 << 14;
}

PlainAccesses::PlainAccesses() : cells_(kCells) {}

PlainAccesses::Cell& PlainAccesses::cell_of(std::uintptr_t word) {
  std::size_t slot = (word >> 3) * 0x9e3779b97f4a7c15u >> 50;
  for (std::size_t probes = 0; probes < kCells; ++probes, slot = (slot + 1) % kCells) {
    Cell& cell = cells_[slot];
    if (cell.generation == generation_ && cell.word == word) return cell;
    if (cell.generation == generation_) continue;
    cell = Cell{};
    cell.word = word;
    cell.generation = generation_;
    return cell;
  }
  std::fputs("model: an execution touches more plain memory than can be followed\n", stderr);
  std::abort();
}

const char* PlainAccesses::note_word(int thread, std::uint32_t epoch, const View& view, std::uintptr_t word,
                                     std::uint8_t mask, bool write) {
  Cell& cell = cell_of(word);
  if (cell.freed) return "use of freed memory";
  for (int other = 0; other < kMaxThreads; ++other) {
    const auto i = static_cast<std::size_t>(other);
    if (other == thread) continue;
    const auto unordered = [&](const Access& a) { return a.epoch > view.known[i] && (a.mask & mask) != 0; };
    if (unordered(cell.writes[i]))
      return write ? "data race: two writes" : "data race: a read of what another thread writes";
    if (write && unordered(cell.reads[i])) return "data race: a write to what another thread reads";
  }
  Access& access = (write ? cell.writes : cell.reads)[static_cast<std::size_t>(thread)];
  access.mask = static_cast<std::uint8_t>(access.epoch == epoch ? access.mask | mask : mask);
  access.epoch = epoch;
  return nullptr;
}

const char* PlainAccesses::note(int thread, std::uint32_t epoch, const View& view, std::uintptr_t address,
                                std::size_t bytes, bool write) {
  const std::uintptr_t end = address + bytes;
  for (std::uintptr_t word = address & ~std::uintptr_t{7}; word < end; word += 8) {
    unsigned mask = 0;
    for (std::uintptr_t byte = 0; byte < 8; ++byte) {
      if (word + byte >= address && word + byte < end) mask |= 1u << byte;
    }
    const char* broken = note_word(thread, epoch, view, word, static_cast<std::uint8_t>(mask), write);
    if (broken != nullptr) return broken;
  }
  return nullptr;
}

void PlainAccesses::note_atomic(int thread, std::uint32_t epoch, std::uintptr_t address) {
  cell_of(address & ~std::uintptr_t{7}).atomics[static_cast<std::size_t>(thread)] = epoch;
}

const char* PlainAccesses::note_free(int thread, const View& view, std::uintptr_t address, std::size_t bytes) {
  for (std::uintptr_t word = address & ~std::uintptr_t{7}; word < address + bytes; word += 8) {
    Cell& cell = cell_of(word);
    cell.freed = true;
    for (int other = 0; other < kMaxThreads; ++other) {
      const auto i = static_cast<std::size_t>(other);
      if (other == thread) continue;
      const std::uint32_t last = std::max({cell.reads[i].epoch, cell.writes[i].epoch, cell.atomics[i]});
      if (last > view.known[i]) return "data race: memory is freed that another thread may still touch";
    }
  }
  return nullptr;
}

namespace {

void accessed(void* where, std::size_t bytes, bool write) {
  if (!in_model()) return;
  Execution* now = execution();
  if (now == nullptr || !now->threads_running()) return;
  OutOfModel out_of_model;
  const int thread = now->running();
  const ThreadMemory& memory = now->memory().thread(thread);
  const auto address = reinterpret_cast<std::uintptr_t>(where);
  const char* broken = now->plain().note(thread, memory.epoch, memory.now, address, bytes, write);
  if (broken == nullptr) return;
  char text[200];
  std::snprintf(text, sizeof text, "%s (%zu bytes at %p, by %s)", broken, bytes, where, now->current().name.c_str());
  now->fail(text);
}

}  // namespace

void note_free(std::uintptr_t address, std::size_t bytes) noexcept {
  Execution* now = execution();
  if (now == nullptr || !now->threads_running()) return;
  OutOfModel out_of_model;
  const int thread = now->running();
  const char* broken = now->plain().note_free(thread, now->memory().thread(thread).now, address, bytes);
  if (broken != nullptr) now->fail(std::string(broken) + " (by " + now->current().name + ")");
}

}  // namespace model

// What -fsanitize=thread makes the compiler call. Calls of functions are of no interest; std::atomic (a shared_ptr's
// count) is taken as atomic and ordered, outside of the exploration.
#define MODEL_ACCESS(bytes)                                                        \
  void __tsan_read##bytes(void* p) { model::accessed(p, bytes, false); }           \
  void __tsan_write##bytes(void* p) { model::accessed(p, bytes, true); }           \
  void __tsan_unaligned_read##bytes(void* p) { model::accessed(p, bytes, false); } \
  void __tsan_unaligned_write##bytes(void* p) { model::accessed(p, bytes, true); } \
  void __tsan_read_write##bytes(void* p) { model::accessed(p, bytes, true); }      \
  void __tsan_unaligned_read_write##bytes(void* p) { model::accessed(p, bytes, true); }

extern "C" {
MODEL_ACCESS(1)
MODEL_ACCESS(2)
MODEL_ACCESS(4)
MODEL_ACCESS(8)
MODEL_ACCESS(16)
void __tsan_read_range(void* p, std::size_t bytes) { model::accessed(p, bytes, false); }
void __tsan_write_range(void* p, std::size_t bytes) { model::accessed(p, bytes, true); }
void __tsan_vptr_update(void** p, void*) { model::accessed(p, sizeof(void*), true); }
void __tsan_vptr_read(void** p) { model::accessed(p, sizeof(void*), false); }
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_init() {}
void* __tsan_memcpy(void* to, const void* from, std::size_t bytes) { return __builtin_memcpy(to, from, bytes); }
void* __tsan_memmove(void* to, const void* from, std::size_t bytes) { return __builtin_memmove(to, from, bytes); }
void* __tsan_memset(void* to, int value, std::size_t bytes) { return __builtin_memset(to, value, bytes); }

// As they are, outside of the exploration: the runtime's own code has its atomics from the shadow headers.
#define MODEL_ATOMIC(bits, type)                                                                                \
  type __tsan_atomic##bits##_load(const volatile type* p, int) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); } \
  void __tsan_atomic##bits##_store(volatile type* p, type v, int) { __atomic_store_n(p, v, __ATOMIC_SEQ_CST); } \
  type __tsan_atomic##bits##_exchange(volatile type* p, type v, int) {                                          \
    return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);                                                         \
  }                                                                                                             \
  type __tsan_atomic##bits##_fetch_add(volatile type* p, type v, int) {                                         \
    return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);                                                          \
  }                                                                                                             \
  type __tsan_atomic##bits##_fetch_sub(volatile type* p, type v, int) {                                         \
    return __atomic_fetch_sub(p, v, __ATOMIC_SEQ_CST);                                                          \
  }                                                                                                             \
  type __tsan_atomic##bits##_compare_exchange_val(volatile type* p, type expected, type v, int, int) {          \
    __atomic_compare_exchange_n(p, &expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                    \
    return expected;                                                                                            \
  }                                                                                                             \
  int __tsan_atomic##bits##_compare_exchange_strong(volatile type* p, type* expected, type v, int, int) {       \
    return __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ? 1 : 0;      \
  }                                                                                                             \
  int __tsan_atomic##bits##_compare_exchange_weak(volatile type* p, type* expected, type v, int, int) {         \
    return __atomic_compare_exchange_n(p, expected, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ? 1 : 0;      \
  }

MODEL_ATOMIC(8, std::uint8_t)
MODEL_ATOMIC(32, std::uint32_t)
MODEL_ATOMIC(64, std::uint64_t)
}
