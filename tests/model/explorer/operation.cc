#include "explorer/operation.h"

namespace model {
namespace {

bool reads_or_moves_sequential_view(const Operation& o) noexcept {
  return o.kind == Kind::kFence || o.kind == Kind::kMembarrier || (is_access(o.kind) && o.sequential());
}

bool is_full_fence(Kind kind) noexcept { return kind == Kind::kFence || kind == Kind::kMembarrier; }
bool is_lock(Kind kind) noexcept { return kind == Kind::kLock || kind == Kind::kTryLock || kind == Kind::kUnlock; }
bool is_barrier(Kind kind) noexcept { return kind == Kind::kCompilerBarrier || kind == Kind::kPark; }

// A load commutes with a store: the same value is still there to be read, since any store that coherence allows may be.
// Only two sequentially consistent accesses are an exception: the store takes older values from the load. There a
// compare-exchange counts as a store even when it fails: earlier it might not have failed, and sleep sets lose
// executions if a step's commuting depends on what came before it.
bool sequential_conflict(const Operation& a, const Operation& b) noexcept {
  return a.object == b.object && a.sequential() && b.sequential() && (a.kind != Kind::kLoad || b.kind != Kind::kLoad);
}

bool accesses_commute(const Operation& a, bool a_writes, const Operation& b, bool b_writes) noexcept {
  return a.object != b.object || !((a_writes && b_writes) || sequential_conflict(a, b));
}

bool is_watched_write(const Operation& relax, const Operation& other, Choice choice) noexcept {
  return is_write(other, choice) && relax.watches(other.object);
}

}  // namespace

bool is_access(Kind kind) noexcept {
  return kind == Kind::kLoad || kind == Kind::kStore || kind == Kind::kReadModifyWrite ||
         kind == Kind::kCompareExchange;
}

bool is_write(const Operation& operation, Choice choice) noexcept {
  return operation.kind == Kind::kStore || operation.kind == Kind::kReadModifyWrite ||
         (operation.kind == Kind::kCompareExchange && choice == kSucceeds);
}

bool is_acquisition(const Operation& operation, Choice choice) noexcept {
  return operation.kind == Kind::kLock || (operation.kind == Kind::kTryLock && choice == kSucceeds);
}

bool commute(const Operation& a, Choice a_choice, const Operation& b, Choice b_choice) noexcept {
  if (is_access(a.kind) && is_access(b.kind)) {
    return accesses_commute(a, is_write(a, a_choice), b, is_write(b, b_choice));
  }
  if (is_full_fence(a.kind) || is_full_fence(b.kind)) {
    if (reads_or_moves_sequential_view(a) && reads_or_moves_sequential_view(b)) return false;
    const bool heavy_and_light =
        (a.kind == Kind::kMembarrier && is_barrier(b.kind)) || (b.kind == Kind::kMembarrier && is_barrier(a.kind));
    return !heavy_and_light;
  }
  if (a.kind == Kind::kRelax) return a_choice == kGivesUp || !is_watched_write(a, b, b_choice);
  if (b.kind == Kind::kRelax) return b_choice == kGivesUp || !is_watched_write(b, a, a_choice);
  if (is_lock(a.kind) && is_lock(b.kind)) return a.object != b.object;
  const bool wakes = (a.kind == Kind::kReady && (b.kind == Kind::kPark || b.kind == Kind::kReady)) ||
                     (a.kind == Kind::kPark && b.kind == Kind::kReady);
  return !wakes || a.object != b.object;
}

bool ordered(const Event& earlier, const Event& later) noexcept {
  const bool reads_from = is_access(earlier.operation.kind) && is_access(later.operation.kind) &&
                          earlier.operation.object == later.operation.object &&
                          is_write(earlier.operation, earlier.choice) && later.choice == earlier.written;
  return reads_from || !commute(earlier.operation, earlier.choice, later.operation, later.choice);
}

bool reversible(const Event& earlier, const Event& later) noexcept {
  const Operation& a = earlier.operation;
  const Operation& b = later.operation;
  if (is_access(a.kind) && is_access(b.kind)) {
    if (a.object != b.object) return false;
    const bool a_writes = is_write(a, earlier.choice);
    // After the write the load may read it, or anything older: nothing is gained by making it first.
    if (sequential_conflict(a, b)) return true;
    if (a_writes && b.kind == Kind::kLoad) return false;
    return a_writes || is_write(b, later.choice);
  }
  if (a.kind == Kind::kRelax && is_watched_write(a, b, later.choice)) return true;
  // Unlock makes lock possible, ready makes park possible; the explorer tries two acquisitions in both orders.
  if (b.kind == Kind::kLock || (a.kind == Kind::kReady && b.kind == Kind::kPark)) return false;
  if (a.kind == Kind::kLock && b.kind == Kind::kUnlock) return false;
  return !commute(a, earlier.choice, b, later.choice);
}

}  // namespace model
