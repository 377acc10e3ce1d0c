// weft/sync/pool.h: Pool<T>, objects that are used again instead of made anew.
// Not here: bounding how many there are (semaphore.h). Guide: docs/guide/sync.md
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "weft/detail/deadline.h"
#include "weft/detail/pool_core.h"
#include "weft/detail/spawn.h"

namespace weft {

namespace detail {
[[noreturn]] void throw_bad_pool_age(MonotonicNanos age);
}

struct PoolOptions {
  /// An object that lies idle is dropped after one to two times this.
  std::chrono::nanoseconds max_idle = std::chrono::seconds(30);
};

/// A cache of T for each machine (running thread). get() takes one, or makes one; the handle gives it back. No bound on
/// how many are out.
///
/// Usage faults   usage_error for an empty `make`, and for a max_idle that is not above zero. The pool must outlive its
///                handles
/// Ordering       what happens before a handle goes is visible to who gets the object next
/// Cost           a few plain stores on the machine's own cache line; no allocation while objects are at hand
template <class T>
class Pool {
  struct Node : detail::PoolNode {
    explicit Node(std::function<T()>& make) : value(make()) {}
    T value;
  };

 public:
  /// An object on loan. Move-only; gives the object back when it goes.
  class [[nodiscard]] Handle {
   public:
    Handle() noexcept = default;
    Handle(Handle&& o) noexcept : pool_(o.pool_), node_(std::exchange(o.node_, nullptr)) {}
    Handle& operator=(Handle o) noexcept {
      std::swap(pool_, o.pool_);
      std::swap(node_, o.node_);
      return *this;
    }
    ~Handle() {
      if (node_ != nullptr) pool_->give(node_);
    }

    T& operator*() const noexcept { return node_->value; }
    T* operator->() const noexcept { return std::addressof(node_->value); }
    T* get() const noexcept { return node_ == nullptr ? nullptr : std::addressof(node_->value); }
    explicit operator bool() const noexcept { return node_ != nullptr; }

   private:
    friend class Pool;
    Handle(Pool* owner, Node* node) noexcept : pool_(owner), node_(node) {}
    Pool* pool_ = nullptr;
    Node* node_ = nullptr;
  };

  /// `make` makes an object; `reset`, if given, runs on every object that comes back, before anybody can get it again.
  /// An object whose reset throws is destroyed.
  explicit Pool(std::function<T()> make, std::function<void(T&)> reset = {}, PoolOptions options = {})
      : make_(std::move(make)), reset_(std::move(reset)) {
    detail::require_callable(make_, "weft::Pool");
    const detail::MonotonicNanos age = detail::saturated_nanos(options.max_idle);
    if (age <= 0) detail::throw_bad_pool_age(age);
    core_ = std::make_shared<detail::PoolCore>(
        age, [](detail::PoolNode* node) noexcept { delete static_cast<Node*>(node); });
  }
  ~Pool() { core_->stop_ageing(); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// An object that was reset, or a new one. Errors: what `make` throws.
  Handle get() {
    if (detail::PoolNode* node = core_->take()) [[likely]]
      return Handle(this, static_cast<Node*>(node));
    return Handle(this, new Node(make_));
  }

  /// Does at once what max_idle of time would: objects idle since the last such moment are dropped.
  void age_for_testing() { core_->age(); }

 private:
  void give(Node* node) noexcept {
    if (reset_) {
      try {
        reset_(node->value);
      } catch (...) {
        delete node;
        return;
      }
    }
    core_->give(node);
  }

  std::function<T()> make_;
  std::function<void(T&)> reset_;
  std::shared_ptr<detail::PoolCore> core_;
};

template <class Make, class... Rest>
Pool(Make, Rest...) -> Pool<std::decay_t<std::invoke_result_t<Make&>>>;

}  // namespace weft
