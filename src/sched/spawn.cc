// Making goroutines: a stack, a first frame, a place in the queue.
#include <algorithm>
#include <string>
#include <system_error>

#include "base/fatal.h"
#include "os/context.h"
#include "sched/scheduler.h"
#include "sched/stack_pool.h"
#include "weft/runtime.h"

namespace weft::detail {

using sched::scheduler;
using sched::stack_pool;
using sched::StackPool;

namespace {

std::uint8_t checked_class(std::size_t stack_bytes) {
  if (stack_bytes == 0) return scheduler().config.stack_class;
  if (stack_bytes > StackPool::kLargestBytes) {
    throw usage_error("weft::go: stack_bytes = " + std::to_string(stack_bytes) + ": allowed are 0 (the default) to " +
                      std::to_string(StackPool::kLargestBytes));
  }
  return StackPool::class_of(stack_bytes);
}

[[noreturn]] void throw_no_stack(std::uint8_t size_class) {
  const bool guards = stack_pool().last_shortage() == StackPool::Shortage::kGuards;
  const std::string what = "weft::go: no stack of " + std::to_string(StackPool::class_bytes(size_class)) +
                           " bytes for another goroutine (" + std::to_string(num_goroutines()) + " live): " +
                           (guards ? "the kernel has no mapping left for its guard page (vm.max_map_count)"
                                   : "no address space left (ulimit -v, or a smaller WEFT_STACK_BYTES)");
  throw std::system_error(std::make_error_code(std::errc::not_enough_memory), what);
}

// The processor's own free list first; it holds the default class only.
Goroutine* take_stack(Processor* p, std::uint8_t size_class) noexcept {
  if (p == nullptr || size_class != scheduler().config.stack_class) return stack_pool().take(size_class);
  FreeStacks& own = p->free_stacks;
  if (own.top == nullptr) {
    own.count = stack_pool().take_free(size_class, 32, &own.top);
    if (own.top == nullptr) return stack_pool().take(size_class);
  }
  Goroutine* g = own.top;
  own.top = g->queue_next;
  --own.count;
  return g;
}

std::uint64_t next_id(Processor* p) noexcept {
  constexpr std::uint64_t kBatch = 16;
  Atomic<std::uint64_t>& shared = scheduler().next_goroutine_id;
  if (p == nullptr) return shared.fetch_add(1, std::memory_order_relaxed);
  if (p->next_id == p->last_id) {
    p->next_id = shared.fetch_add(kBatch, std::memory_order_relaxed);
    p->last_id = p->next_id + kBatch;
  }
  return p->next_id++;
}

// Names may come from outside, and stand in reports: no control characters, no half of a UTF-8 character at the end.
void set_name(Goroutine& g, std::string_view name) noexcept {
  GoroutineName bytes{};
  std::size_t n = std::min(name.size(), bytes.size() - 1);
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(name[at]) & 0xC0) == 0x80; };
  if (n < name.size() && continues(n)) {
    std::size_t first = n;
    while (first > 0 && n - first < 4 && continues(first)) --first;
    if (!continues(first)) n = first;  // else it is no UTF-8
  }
  std::transform(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(n), bytes.begin(),
                 [](char c) { return base::is_control(c) ? '?' : c; });
  for (std::size_t i = 0; i < g.name.size(); ++i) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + i * sizeof word, sizeof word);
    g.name[i].store(word, std::memory_order_relaxed);
  }
}

// `count_delta` goroutines more (or fewer), counted where nobody else writes.
void count_spawned(Processor* p, std::int64_t count_delta) noexcept {
  if (p != nullptr) {
    p->spawned.add(count_delta);
  } else {
    scheduler().foreign_spawned.fetch_add(count_delta, std::memory_order_relaxed);
  }
}

Processor* own_processor() noexcept {
  MachineHead* m = current_machine();
  return m == nullptr ? nullptr : m->p.load(std::memory_order_relaxed);
}

}  // namespace

FreshGoroutine new_goroutine(const GoOptions& options, GoroutineEntry entry, std::size_t bytes, std::size_t align) {
  if (current_machine() == nullptr) sched::start_runtime();
  const std::uint8_t size_class = checked_class(options.stack_bytes);
  Goroutine* g;
  {
    const Section section;
    Processor* p = own_processor();
    g = take_stack(p, size_class);
    if (g != nullptr) {
      g->id.store(next_id(p), std::memory_order_relaxed);
      count_spawned(p, 1);
    }
  }
  if (g == nullptr) throw_no_stack(size_class);
  if (options.name.empty()) {
    g->name[0].store(0, std::memory_order_relaxed);
  } else {
    set_name(*g, options.name);
  }
  g->entry = entry;
  g->fork_generation.store(scheduler().fork_generation.load(std::memory_order_relaxed), std::memory_order_relaxed);
  g->eh = {};
  g->saved_errno = 0;
  g->long_runner.store(false, std::memory_order_relaxed);
  g->good_turns.store(0, std::memory_order_relaxed);
  g->wait_reason = WaitReason::kNone;
  g->arrival = Arrival::kSpawned;
  g->ready_since = 0;
  const std::uintptr_t storage =
      (reinterpret_cast<std::uintptr_t>(g->stack_high) - bytes) & ~std::uintptr_t{align < 16 ? 15 : align - 1};
  g->callable = reinterpret_cast<void*>(storage);
  sched::sanitizer_new_fiber(g->fiber, g->stack_low, static_cast<std::size_t>(g->stack_high - g->stack_low));
  sched::sanitizer_open_first_frames(g->fiber, reinterpret_cast<std::byte*>(storage) - os::kFirstFrameBytes,
                                     g->stack_high);
  g->context_sp = os::make_context(reinterpret_cast<void*>(storage & ~std::uintptr_t{15}), &sched::goroutine_main);
  g->status.store(Status::kFresh, std::memory_order_relaxed);
  return {g, g->callable};
}

void launch(Goroutine* g) noexcept {
  const Section section;
  g->status.store(Status::kRunnable, std::memory_order_release);
  Processor* p = own_processor();
  if (p == nullptr) {
    sched::resume_for_spawn();
    sched::push_global(g);
  } else {
    sched::sample(*p, g);
    sched::push_runnext(sched::this_machine(), g);
  }
}

void resume() noexcept { sched::resume_runtime(); }

void abandon(Goroutine* g) noexcept {
  const Section section;
  g->status.store(Status::kDead, std::memory_order_release);
  count_spawned(own_processor(), -1);
  stack_pool().put(g);
}

void throw_empty_function(const char* where) {
  throw usage_error(std::string(where) + ": the function is empty (a null pointer or an empty std::function)");
}

}  // namespace weft::detail

namespace weft {

using sched::scheduler;

std::size_t num_goroutines() noexcept {
  // First those that finished, then those that were spawned: an end that is counted has its beginning counted too, so
  // that no goroutine that lives all the while is missed.
  std::int64_t count = 0;
  const std::uint32_t made = scheduler().processors_made.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < made; ++i) count -= scheduler().processors[i]->finished.read();
  count += scheduler().foreign_spawned.load(std::memory_order_relaxed);
  const std::uint32_t made_since = scheduler().processors_made.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < made_since; ++i) count += scheduler().processors[i]->spawned.read();
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::uint64_t goroutine_id() noexcept {
  return detail::on_goroutine() ? detail::self()->id.load(std::memory_order_relaxed) : 0;
}

void set_goroutine_name(std::string_view name) noexcept {
  if (detail::on_goroutine()) detail::set_name(*detail::self(), name);
}

int max_procs() noexcept {
  sched::start_runtime();
  return static_cast<int>(scheduler().max_procs.load(std::memory_order_relaxed));
}

}  // namespace weft
