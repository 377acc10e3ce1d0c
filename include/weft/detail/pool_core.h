// weft/detail/pool_core.h: a Pool without its element type: free nodes, where the machine that frees one finds it
// again. See src/sync/pool.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "weft/detail/atomic.h"
#include "weft/detail/machine.h"
#include "weft/detail/spin_lock.h"
#include "weft/detail/timer_node.h"
#include "weft/sync/mutex.h"

namespace weft {
class FunctionTimer;
}

namespace weft::detail {

struct PoolNode {
  PoolNode* next = nullptr;
};

struct PoolList {
  PoolNode* head = nullptr;
  std::uint32_t count = 0;

  void push(PoolNode* node) noexcept {
    node->next = head;
    head = node;
    ++count;
  }
  PoolNode* pop() noexcept {
    PoolNode* node = head;
    if (node == nullptr) return nullptr;
    head = node->next;
    --count;
    return node;
  }
};

/// One machine's free nodes. Its thread alone touches them, between busy = true and busy = false; the ageing goroutine
/// does while it has frozen them.
struct alignas(64) PoolLocal {
  Atomic<bool> busy{false};
  Atomic<bool> frozen{false};
  PoolNode* latest = nullptr;  // a get after a put finds it without walking a list
  PoolList fresh;
  PoolList victims;  // idle since the last ageing at least
};

class PoolCore : public std::enable_shared_from_this<PoolCore> {
 public:
  using DestroyNode = void (*)(PoolNode*) noexcept;

  PoolCore(MonotonicNanos age, DestroyNode destroy) noexcept;
  ~PoolCore();

  /// A free node, or null: make one.
  PoolNode* take() noexcept {
    PoolNode* node = take_fast();
    return node != nullptr ? node : take_slow();
  }

  void give(PoolNode* node) noexcept {
    if (!give_fast(node)) [[unlikely]]
      give_slow(node);
    compiler_barrier();  // partner: the membarrier in freeze_all(), [pool.I2]
    if (!ageing_.load(std::memory_order_relaxed)) [[unlikely]]
      start_ageing();
  }

  /// The owner goes: the timer is disarmed.
  void stop_ageing() noexcept;

  /// Makes idle nodes a period older. Public for the ageing goroutine and for tests.
  void age() noexcept;

 private:
  static constexpr std::uint32_t kLocalRoom = 64;
  static constexpr std::uint32_t kBatch = 32;
  static constexpr std::uint32_t kMachines = 256;  // later ones use the central list

  // This machine's nodes, to be let go of with end(); null on a plain thread and while they are aged. Needs no Section:
  // what stands between begin() and end() enters the runtime nowhere, so it stays on the machine's thread.
  PoolLocal* begin() noexcept {
    MachineHead* machine = current_machine();
    if (machine == nullptr || machine->index >= kMachines) [[unlikely]]
      return nullptr;
    PoolLocal* local = locals_[machine->index].load(std::memory_order_acquire);
    if (local == nullptr) [[unlikely]]
      return nullptr;
    local->busy.store(true, std::memory_order_relaxed);
    compiler_barrier();  // partner: the membarrier in freeze_all()
    if (!local->frozen.load(std::memory_order_acquire)) [[likely]]
      return local;
    end(*local);
    return nullptr;
  }
  static void end(PoolLocal& local) noexcept { local.busy.store(false, std::memory_order_release); }

  PoolNode* take_fast() noexcept {
    PoolLocal* local = begin();
    if (local == nullptr) [[unlikely]]
      return nullptr;
    PoolNode* node = local->latest;
    if (node != nullptr) [[likely]] {
      local->latest = nullptr;
    } else {
      node = local->fresh.pop();
    }
    end(*local);
    return node;
  }
  bool give_fast(PoolNode* node) noexcept {
    PoolLocal* local = begin();
    if (local == nullptr) [[unlikely]]
      return false;
    bool taken = true;
    if (local->latest == nullptr) [[likely]] {
      local->latest = node;
    } else {
      taken = push(*local, node);
    }
    end(*local);
    return taken;
  }
  static bool push(PoolLocal& local, PoolNode* node) noexcept {
    if (local.fresh.count >= kLocalRoom) return false;
    local.fresh.push(node);
    return true;
  }

  PoolNode* take_slow() noexcept;
  void give_slow(PoolNode* node) noexcept;
  PoolLocal* make_local() noexcept;
  PoolNode* refill(PoolLocal* local) noexcept;
  void start_ageing() noexcept;
  void freeze_all() noexcept;
  bool age_local(PoolLocal& local, PoolList& garbage) noexcept;
  void destroy_all(PoolList& list) noexcept;

  const MonotonicNanos age_;
  const DestroyNode destroy_;
  Atomic<bool> ageing_{false};  // a timer is armed, or the ageing goroutine will look again
  Atomic<PoolLocal*> locals_[kMachines] = {};
  SpinLock lock_;  // central_, central_victims_
  PoolList central_;
  PoolList central_victims_;
  Mutex timer_mutex_;  // timer_, stopped_; one age() at a time
  std::unique_ptr<FunctionTimer> timer_;
  bool stopped_ = false;
};

}  // namespace weft::detail
