// weft/detail/pool_core.h: a Pool without its element type: free nodes, a list a processor. See src/sync/pool.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "weft/detail/atomic.h"
#include "weft/detail/machine.h"
#include "weft/detail/park.h"
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

/// One processor's free nodes. Its holder alone touches the lists, inside a Section, between busy = true and busy = false;
/// the ageing goroutine does while it has frozen it.
struct alignas(64) PoolLocal {
  Atomic<bool> busy{false};
  Atomic<bool> frozen{false};
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
    const Section section;
    if (PoolLocal* local = begin()) [[likely]] {
      PoolNode* node = local->fresh.pop();
      end(*local);
      if (node != nullptr) [[likely]] return node;
    }
    return take_slow();
  }

  void give(PoolNode* node) noexcept {
    {
      const Section section;
      PoolLocal* local = begin();
      if (local != nullptr && local->fresh.count < kLocalRoom) [[likely]] {
        local->fresh.push(node);
        end(*local);
      } else {
        if (local != nullptr) end(*local);
        give_slow(node);
      }
    }
    compiler_barrier();  // partner: as above, [pool.I2]
    if (!ageing_.load(std::memory_order_relaxed)) [[unlikely]] start_ageing();
  }

  /// The owner goes: the timer is disarmed.
  void stop_ageing() noexcept;

  /// Makes idle nodes a period older. Public for the ageing goroutine and for tests.
  void age() noexcept;

 private:
  static constexpr std::uint32_t kLocalRoom = 64;
  static constexpr std::uint32_t kBatch = 32;

  PoolLocal* begin() noexcept {
    const int index = processor_index();
    if (index < 0) [[unlikely]] return nullptr;
    PoolLocal* local = locals_[index].load(std::memory_order_acquire);
    if (local == nullptr) [[unlikely]] return nullptr;
    local->busy.store(true, std::memory_order_relaxed);
    compiler_barrier();  // partner: the membarrier in freeze_all()
    if (!local->frozen.load(std::memory_order_acquire)) [[likely]] return local;
    local->busy.store(false, std::memory_order_release);
    return nullptr;
  }
  static void end(PoolLocal& local) noexcept { local.busy.store(false, std::memory_order_release); }

  PoolNode* take_slow() noexcept;
  void give_slow(PoolNode* node) noexcept;
  PoolLocal* make_local() noexcept;
  PoolNode* refill(PoolLocal* local) noexcept;
  void start_ageing() noexcept;
  void freeze_all() noexcept;
  bool age_list(PoolList& fresh, PoolList& victims, PoolList& garbage) noexcept;
  void destroy_all(PoolList& list) noexcept;

  const MonotonicNanos age_;
  const DestroyNode destroy_;
  Atomic<bool> ageing_{false};  // a timer is armed, or the ageing goroutine will look again
  Atomic<PoolLocal*> locals_[kMaxProcessors] = {};
  SpinLock lock_;               // central_, central_victims_
  PoolList central_;
  PoolList central_victims_;
  Mutex timer_mutex_;           // timer_, stopped_; one age() at a time
  std::unique_ptr<FunctionTimer> timer_;
  bool stopped_ = false;
};

}  // namespace weft::detail
