// weft/detail/context_node.h: one node of the tree of contexts. Its protocol stands in src/sync/context.cc.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <system_error>
#include <type_traits>
#include <utility>

#include "weft/detail/atomic.h"
#include "weft/detail/chan_core.h"
#include "weft/detail/spawn.h"
#include "weft/detail/spin_lock.h"
#include "weft/detail/timer_node.h"
#include "weft/error.h"

namespace weft::detail {

/// A node is its own done channel, whose reference count is the node's: handles, CancelFunctions, done channels that
/// were handed out, and child nodes have one reference each.
struct ContextNode : ChanCore {
  /// `cancellable_`: it can be done by itself; else it is done with its parent.
  ContextNode(ContextNode* parent_, bool cancellable_) noexcept;
  /// A node that has its parent's values and is never done.
  struct Detached {};
  ContextNode(ContextNode* parent_, Detached) noexcept;
  virtual ~ContextNode() = default;

  /// Runs before anybody can see that the node is done, more than once maybe, and by several at a time; on any stack,
  /// no lock held. Must not block or throw.
  virtual void before_done() noexcept {}
  /// Runs once, when the node is done; on any stack, no lock held. Must not block or throw.
  virtual void on_cancelled() noexcept {}
  /// Runs before the node goes, while its parents still stand.
  virtual void before_destroy() noexcept {}
  /// The value under `key` if this node is the one that has it.
  virtual const void* find(const void*) const noexcept { return nullptr; }

  ContextNode* const parent;     // a reference; null under the background
  ContextNode* const canceller;  // the nearest node that can be done by itself: this one, one above, or none
  MonotonicNanos deadline = kNever;

  Atomic<int> error_value{0};  // an errc; written once, after cause, under tree_lock
  std::exception_ptr cause;    // stable once error_value is not 0

  SpinLock tree_lock;  // guards the children's list, that is the children's sibling links
  ContextNode* first_child = nullptr;
  ContextNode* previous_sibling = nullptr;  // under the parent canceller's tree_lock
  ContextNode* next_sibling = nullptr;
  ContextNode* next_overdue = nullptr;  // in the list of those that had no stack to be destroyed on
  bool in_tree = false;
};

/// Puts a cancellable node under its canceller above; done at once if that one is. Call once, after construction.
void adopt_node(ContextNode* node) noexcept;

/// Makes the node and all below it done, by the time it returns. False: the node had its error before.
bool cancel_node(ContextNode* node, errc error, std::exception_ptr cause) noexcept;

/// Drops a reference where the destruction of user values would be out of place: in timer callbacks.
void release_elsewhere(ContextNode* node) noexcept;

/// What Context::cause() says of a node that is done.
std::exception_ptr cause_of(const ContextNode& node);

/// A node that a timer makes done.
struct DeadlineNode : ContextNode {
  DeadlineNode(ContextNode* parent_, MonotonicNanos deadline_, std::exception_ptr cause_) noexcept;
  void before_destroy() noexcept override { timer_cancel(timer); }
  /// Arms the timer, unless the node is done or its deadline has passed: then it is done now.
  void start() noexcept;

  struct Timer : TimerNode {
    DeadlineNode* node = nullptr;
  };
  Timer timer;
  std::exception_ptr deadline_cause;
};

template <class T>
struct ValueNode : ContextNode {
  template <class U>
  ValueNode(ContextNode* parent_, const void* key_, U&& value_)
      : ContextNode(parent_, false), key(key_), value(std::forward<U>(value_)) {}
  const void* find(const void* wanted) const noexcept override {
    return wanted == key ? std::addressof(value) : nullptr;
  }

  const void* const key;
  const T value;
};

/// A node whose done-ness starts a goroutine. `pending` is taken once: by the start, or by stop().
struct CallbackNode : ContextNode {
  explicit CallbackNode(ContextNode* parent_) noexcept : ContextNode(parent_, true) {}
  void on_cancelled() noexcept override;
  bool stop() noexcept { return pending.exchange(false, std::memory_order_acq_rel); }
  /// Runs the callback and drops the reference that the start took.
  virtual void run() = 0;

  struct Retry : TimerNode {
    CallbackNode* node = nullptr;
  };
  Atomic<bool> pending{true};
  const bool of_thread = !on_goroutine();  // a plain thread registered it
  Retry retry;
};

template <class F>
struct CallbackNodeOf : CallbackNode {
  template <class G>
  CallbackNodeOf(ContextNode* parent_, G&& f) : CallbackNode(parent_), function(std::forward<G>(f)) {}
  void run() override { std::invoke(function); }

  F function;
};

}  // namespace weft::detail
