// weft/detail/task_state.h: what a Task and its goroutine share: the result, the exception, who joins.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "weft/detail/atomic.h"
#include "weft/detail/park.h"

namespace weft::detail {

/// The untyped part. `joiner_` is one word with three meanings: 0 running and nobody waits, kDone, or the waiting
/// goroutine.
class TaskCompletion {
 public:
  void wait() noexcept;
  void complete() noexcept;
  bool done() const noexcept { return joiner_.load(std::memory_order_acquire) == kDone; }

  void acquire() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  bool release() noexcept { return references_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

 private:
  static constexpr std::uintptr_t kDone = 1;
  static bool commit_wait(Goroutine* g, void* self) noexcept;

  Atomic<std::uintptr_t> joiner_{0};
  Atomic<std::uint32_t> references_{1};
};

template <class T>
class TaskState : public TaskCompletion {
 public:
  template <class F>
  void execute(F& fn) noexcept {
    try {
      if constexpr (std::is_void_v<T>) {
        std::invoke(fn);
      } else if constexpr (std::is_reference_v<T>) {
        value_ = std::addressof(std::invoke(fn));
      } else {
        value_.emplace(std::invoke(fn));
      }
    } catch (...) {
      error_ = std::current_exception();
    }
    complete();
  }

  T take() {
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    if constexpr (std::is_reference_v<T>) {
      return static_cast<T>(*value_);
    } else if constexpr (!std::is_void_v<T>) {
      return std::move(*value_);
    }
  }

 private:
  struct Nothing {};
  using Stored = std::conditional_t<std::is_void_v<T>, Nothing,
                                    std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*,
                                                       std::optional<std::conditional_t<std::is_void_v<T>, int, T>>>>;
  [[no_unique_address]] Stored value_{};
  std::exception_ptr error_;
};

/// Intrusive shared handle.
template <class T>
class TaskStateHandle {
 public:
  TaskStateHandle() = default;
  static TaskStateHandle make() { return TaskStateHandle(new TaskState<T>()); }
  TaskStateHandle(const TaskStateHandle& o) noexcept : state_(o.state_) {
    if (state_ != nullptr) state_->acquire();
  }
  TaskStateHandle(TaskStateHandle&& o) noexcept : state_(std::exchange(o.state_, nullptr)) {}
  TaskStateHandle& operator=(TaskStateHandle o) noexcept {
    std::swap(state_, o.state_);
    return *this;
  }
  ~TaskStateHandle() {
    if (state_ != nullptr && state_->release()) delete state_;
  }
  TaskState<T>* operator->() const noexcept { return state_; }
  friend bool operator==(const TaskStateHandle& h, std::nullptr_t) noexcept { return h.state_ == nullptr; }

 private:
  explicit TaskStateHandle(TaskState<T>* state) noexcept : state_(state) {}
  TaskState<T>* state_ = nullptr;
};

}  // namespace weft::detail
