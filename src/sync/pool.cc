// Free objects, where the machine that frees one is likely to want one.
//
//   get:  own latest -> own fresh list -> own victims -> a batch of the central list -> central victims -> make one
//   put:  own latest, own fresh list; when that is full, half of it goes to the central list, so that a machine that
//         only puts feeds those that only get
//   age:  victims are destroyed, fresh ones become victims, everywhere
//
// INVARIANTS [pool.I1] a PoolLocal is touched by its machine's thread while busy and not frozen, or by age() while
//                      frozen and not busy: begin() stores busy and reads frozen; age() stores frozen, has every CPU
//                      pass a barrier and then looks whether it is busy, for a moment (the thread may be suspended
//                      there) or not at all
//            [pool.I2] while an object lies in a list, ageing_ is true or somebody is about to make it so: give()
//                      pushes, then reads ageing_; age() clears it, has every CPU pass a barrier, then looks at the
//                      lists
// REJECTED   [pool.R2] lists a processor, in Sections: each Section is a chain of loads that wait for stores, 6 ns a
//            get and put
//            [pool.R1] stealing from other machines' lists (Go): needs an atomic operation on each get; batches through
//            the central list cost one in 32
#include "weft/detail/pool_core.h"

#include <mutex>
#include <new>
#include <string>
#include <utility>

#include "os/membarrier.h"
#include "weft/error.h"
#include "weft/time.h"

namespace weft::detail {

namespace {

void move_some(PoolList& from, PoolList& to, std::uint32_t limit) noexcept {
  while (limit-- != 0) {
    PoolNode* node = from.pop();
    if (node == nullptr) return;
    to.push(node);
  }
}

}  // namespace

void throw_bad_pool_age(MonotonicNanos age) {
  throw usage_error("weft::Pool: max_idle " + std::to_string(age) + " ns: allowed is above 0");
}

PoolCore::PoolCore(MonotonicNanos age, DestroyNode destroy) noexcept : age_(age), destroy_(destroy) {}

PoolCore::~PoolCore() {
  for (Atomic<PoolLocal*>& slot : locals_) {
    PoolLocal* local = slot.load(std::memory_order_acquire);
    if (local == nullptr) continue;
    if (local->latest != nullptr) destroy_(local->latest);
    destroy_all(local->fresh);
    destroy_all(local->victims);
    delete local;
  }
  destroy_all(central_);
  destroy_all(central_victims_);
}

void PoolCore::destroy_all(PoolList& list) noexcept {
  while (PoolNode* node = list.pop()) destroy_(node);
}

// The calling machine's, made if it has none; null on a plain thread and when there is no memory.
PoolLocal* PoolCore::make_local() noexcept {
  MachineHead* machine = current_machine();
  if (machine == nullptr || machine->index >= kMachines) return nullptr;
  Atomic<PoolLocal*>& slot = locals_[machine->index];
  if (slot.load(std::memory_order_acquire) == nullptr) {
    slot.store(new (std::nothrow) PoolLocal(), std::memory_order_release);  // only this machine's thread stores
  }
  return begin();
}

PoolNode* PoolCore::refill(PoolLocal* local) noexcept {
  const SpinGuard guard(lock_);
  PoolList& source = central_.head != nullptr ? central_ : central_victims_;
  PoolNode* node = source.pop();
  if (node != nullptr && local != nullptr) move_some(source, local->fresh, kBatch - 1);
  return node;
}

PoolNode* PoolCore::take_slow() noexcept {
  const Section section;
  PoolLocal* local = make_local();
  PoolNode* node = local == nullptr ? nullptr : local->victims.pop();
  if (node == nullptr) node = refill(local);
  if (local != nullptr) end(*local);
  return node;
}

void PoolCore::give_slow(PoolNode* node) noexcept {
  const Section section;
  PoolLocal* local = make_local();
  if (local == nullptr || !push(*local, node)) {
    const SpinGuard guard(lock_);
    central_.push(node);
    if (local != nullptr) move_some(local->fresh, central_, kBatch);
  }
  if (local != nullptr) end(*local);
}

void PoolCore::start_ageing() noexcept {
  if (ageing_.exchange(true, std::memory_order_acq_rel)) return;
  try {
    const std::lock_guard guard(timer_mutex_);
    if (stopped_) return;
    const std::chrono::nanoseconds age(age_);
    if (timer_ != nullptr) {
      timer_->reset(age);
      return;
    }
    timer_ = std::make_unique<FunctionTimer>(after_func(age, [weak = weak_from_this()] {
      if (const std::shared_ptr<PoolCore> core = weak.lock()) core->age();
    }));
  } catch (...) {  // no memory: the next give() tries again
    ageing_.store(false, std::memory_order_release);
  }
}

void PoolCore::stop_ageing() noexcept {
  const std::lock_guard guard(timer_mutex_);
  stopped_ = true;
  if (timer_ != nullptr) timer_->stop();
  timer_.reset();
}

namespace {

// True when something is left.
bool age_list(PoolList& fresh, PoolList& victims, PoolList& garbage) noexcept {
  move_some(victims, garbage, victims.count);
  victims = fresh;
  fresh = {};
  return victims.head != nullptr;
}

}  // namespace

// True when something is left. [pool.I1]
bool PoolCore::age_local(PoolLocal& local, PoolList& garbage) noexcept {
  constexpr int kPatience = 1000;
  bool left = true;
  for (int i = 0; i < kPatience; ++i) {
    if (!local.busy.load(std::memory_order_acquire)) {
      if (local.latest != nullptr) local.fresh.push(std::exchange(local.latest, nullptr));
      left = age_list(local.fresh, local.victims, garbage);
      break;
    }
    cpu_relax();
  }
  local.frozen.store(false, std::memory_order_release);
  return left;
}

// [pool.I1], and the barrier of [pool.I2]. Meanwhile the machines use the central list.
void PoolCore::freeze_all() noexcept {
  for (Atomic<PoolLocal*>& slot : locals_) {
    PoolLocal* local = slot.load(std::memory_order_acquire);
    if (local != nullptr) local->frozen.store(true, std::memory_order_seq_cst);
  }
  os::membarrier();
}

void PoolCore::age() noexcept {
  PoolList garbage;
  bool left = false;
  {
    const std::lock_guard guard(timer_mutex_);
    const Section section;
    ageing_.store(false, std::memory_order_seq_cst);
    freeze_all();
    for (Atomic<PoolLocal*>& slot : locals_) {
      PoolLocal* local = slot.load(std::memory_order_acquire);
      if (local == nullptr || !local->frozen.load(std::memory_order_relaxed)) continue;
      left |= age_local(*local, garbage);
    }
    const SpinGuard central_guard(lock_);
    left |= age_list(central_, central_victims_, garbage);
  }
  destroy_all(garbage);
  if (left) start_ageing();
}

}  // namespace weft::detail
