#include "sched/stand_in.h"

#include <pthread.h>

#include "os/thread.h"
#include "sched/scheduler.h"

namespace weft::sched {

using detail::Status;

namespace {

// Read in a signal handler: never made on demand.
constinit thread_local StandIn* own __attribute__((tls_model("initial-exec"))) = nullptr;

struct StandInPool {
  detail::SpinLock lock;
  Goroutine* free = nullptr;
  detail::Atomic<StandIn*> newest{nullptr};
  pthread_key_t at_thread_exit{};

  StandInPool() {
    ::pthread_key_create(&at_thread_exit, [](void* g) {
      own = nullptr;  // destructors of other keys may yet come by, and need one of their own
      instance().give_back(static_cast<StandIn*>(g));
    });
  }
  static StandInPool& instance() {
    static StandInPool* pool = new StandInPool();
    return *pool;
  }
  StandIn* take() {
    StandIn* g = nullptr;
    {
      const detail::SpinGuard guard(lock);
      g = static_cast<StandIn*>(free);
      if (g != nullptr) free = g->queue_next;
    }
    if (g == nullptr) g = make();
    g->id.store(static_cast<std::uint64_t>(os::current_thread_id()), std::memory_order_relaxed);
    g->status.store(Status::kRunning, std::memory_order_relaxed);
    ::pthread_setspecific(at_thread_exit, g);
    return g;
  }
  StandIn* make() {
    auto* made = new StandIn();
    made->is_thread = true;
    const detail::SpinGuard guard(lock);
    made->made_before = newest.load(std::memory_order_relaxed);
    newest.store(made, std::memory_order_release);
    return made;
  }
  void give_back(StandIn* g) {
    g->status.store(Status::kDead, std::memory_order_relaxed);
    Goroutine* main = g;  // the next thread that takes this one has been in no run()
    scheduler().last_main.compare_exchange_strong(main, nullptr, std::memory_order_relaxed);
    const detail::SpinGuard guard(lock);
    g->queue_next = free;
    free = g;
  }
};

[[gnu::noinline]] Goroutine* make_stand_in() noexcept {
  start_runtime();
  own = StandInPool::instance().take();
  own->fork_generation = scheduler().fork_generation.load(std::memory_order_relaxed);
  return own;
}

}  // namespace

Goroutine* stand_in() noexcept { return own != nullptr ? own : make_stand_in(); }

const Goroutine* stand_in_if_any() noexcept { return own; }

StandIn* newest_stand_in() noexcept {
  return StandInPool::instance().newest.load(std::memory_order_acquire);  // partner: make()
}

void reset_stand_ins_after_fork() noexcept {
  StandInPool::instance().lock.unlock();
  if (own == nullptr) return;
  own->fork_generation = scheduler().fork_generation.load(std::memory_order_relaxed);
  own->id.store(static_cast<std::uint64_t>(os::current_thread_id()), std::memory_order_relaxed);
  own->claimed.store(false, std::memory_order_relaxed);  // by a dump that is gone
}

}  // namespace weft::sched
