// Task completion: one word, two parties. Evidence: tests/model/task_model.cc.
#include "weft/detail/task_state.h"

namespace weft::detail {

// Runs once the joiner's context is saved: either it gets in before complete(), or it does not park at all.
bool TaskCompletion::commit_wait(Goroutine* g, void* completion) noexcept {
  std::uintptr_t running = 0;
  return static_cast<TaskCompletion*>(completion)
      ->joiner_.compare_exchange_strong(running, reinterpret_cast<std::uintptr_t>(g), std::memory_order_acq_rel,
                                        std::memory_order_acquire);
}

void TaskCompletion::wait() noexcept {
  if (done()) return;
  const Section section;
  park(&commit_wait, this, WaitReason::kJoin, this);
}

void TaskCompletion::complete() noexcept {
  const std::uintptr_t joiner = joiner_.exchange(kDone, std::memory_order_acq_rel);
  if (joiner != 0) ready(reinterpret_cast<Goroutine*>(joiner));
}

}  // namespace weft::detail
