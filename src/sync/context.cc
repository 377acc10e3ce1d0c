// The tree of contexts: who is done with whom, and when a node may go.
//
//              background (no node)
//                   |
//      parent       A        cancellable: the root of a tree of cancellables    A.first_child -> D, B
//                 / | \ .
//                V  B  D     V holds a value: V.canceller = A. Its child C is in the children's list of A, not of V
//                |
//                C
//
// INVARIANTS [ctx.I1] parent is a strong reference, the children's list holds weak ones: a node leaves it before it
//                     goes, under the lock of the list, so a canceller that finds it there may look at its reference
//                     count
//            [ctx.I2] error_value is set under tree_lock, and after that nothing is added to the children's list
//            [ctx.I3] whoever sees done closed sees error_value and cause; Context shows neither before, so that
//                     whoever sees an error finds done closed
//            [ctx.I4] no reference is dropped for the last time in a timer's callback: user values would be destroyed
//                     on the scheduler's stack, and a deadline's node would wait for its own callback
// PROTOCOL   cancel: a walk through the tree, each node before those below it. A node: set cause and error_value unless
//            somebody did; before_done(), close; walk each child, which leaves the list once all below it is done. So
//            a cancel that comes second, at the root or at a node in between, finds in the lists what the first has yet
//            to do, and does it too: when a cancel returns, all below is done, and nobody has waited for anybody. No
//            recursion: trees may be deep, stacks are small. The way up is the canceller above; each node of the path
//            is held by a reference
// LOCKS      tree_lock of one node at a time; done's lock after it was dropped. User values are destroyed without a
//            lock and outside of sections
#include "weft/context.h"

#include <memory>

#include "weft/detail/wait.h"

namespace weft {

/// The door for this file.
struct CancelAccess {
  static CancelFunction function(detail::ContextNode* adopted) noexcept { return CancelFunction(adopted); }
  static ContextCallback callback(detail::CallbackNode* adopted) noexcept { return ContextCallback(adopted); }
};

namespace detail {

namespace {

// Nodes whose last reference went in a timer's callback when there was no stack for a goroutine to destroy them on.
Atomic<ContextNode*> overdue{nullptr};

ContextNode* list_owner(const ContextNode& node) noexcept {
  return node.parent == nullptr || node.canceller != &node ? nullptr : node.parent->canceller;
}

void unlink_locked(ContextNode& owner, ContextNode& node) noexcept {
  (node.previous_sibling != nullptr ? node.previous_sibling->next_sibling : owner.first_child) = node.next_sibling;
  if (node.next_sibling != nullptr) node.next_sibling->previous_sibling = node.previous_sibling;
  node.previous_sibling = node.next_sibling = nullptr;
  node.in_tree = false;
}

void leave_tree(ContextNode& node) noexcept {
  ContextNode* owner = list_owner(node);
  if (owner == nullptr) return;
  const Section section;
  const SpinGuard guard(owner->tree_lock);
  if (node.in_tree) unlink_locked(*owner, node);
}

// Frees the node, and then each one above whose last reference that was.
void destroy_chain(ContextNode* node) noexcept {
  while (true) {
    node->before_destroy();
    leave_tree(*node);
    ContextNode* parent = node->parent;
    delete node;
    if (parent == nullptr || parent->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    node = parent;
  }
}

void destroy_overdue() noexcept {
  ContextNode* node = overdue.exchange(nullptr, std::memory_order_acq_rel);
  while (node != nullptr) {
    ContextNode* next = node->next_overdue;
    destroy_chain(node);
    node = next;
  }
}

void destroy_node(ChanCore* core) noexcept {
  destroy_chain(static_cast<ContextNode*>(core));
  if (overdue.load(std::memory_order_relaxed) != nullptr) destroy_overdue();
}

bool try_retain(ContextNode& node) noexcept {
  std::uint32_t count = node.references.load(std::memory_order_relaxed);
  while (count != 0) {
    if (node.references.compare_exchange_weak(count, count + 1, std::memory_order_relaxed)) return true;
  }
  return false;
}

// False: somebody else did before.
bool set_error(ContextNode& node, errc error, const std::exception_ptr& cause) noexcept {
  const Section section;
  const SpinGuard guard(node.tree_lock);
  if (node.error_value.load(std::memory_order_relaxed) != 0) return false;
  node.cause = cause;
  node.error_value.store(static_cast<int>(error), std::memory_order_release);  // pairs with Context::error()
  return true;
}

// A child that is still in the list, with a reference. Those that are about to go are taken out on the way.
ContextNode* retain_child(ContextNode& node) noexcept {
  const Section section;
  const SpinGuard guard(node.tree_lock);
  ContextNode* child = nullptr;
  while ((child = node.first_child) != nullptr && !try_retain(*child)) unlink_locked(node, *child);  // [ctx.I1]
  return child;
}

errc error_of(const ContextNode& node) noexcept {
  return static_cast<errc>(node.error_value.load(std::memory_order_relaxed));
}

// False: it had its error before.
bool make_done(ContextNode& node, errc error, const std::exception_ptr& cause) noexcept {
  const bool first = set_error(node, error, cause);
  node.before_done();  // who was first may be on its way to here, and this one's caller will ask
  node.close();
  if (first) node.on_cancelled();
  return first;
}

// The caller holds the root. `release` drops the references that the walk took. False: the root had its error before.
bool cancel_tree(ContextNode* root, errc error, const std::exception_ptr& cause,
                 void (*release)(ContextNode*) noexcept) noexcept {
  const bool first = make_done(*root, error, cause);
  for (ContextNode* node = root;;) {
    if (ContextNode* child = retain_child(*node)) {
      make_done(*child, error_of(*node), node->cause);  // not this call's, where another came first
      node = child;
      continue;
    }
    if (node == root) return first;
    leave_tree(*node);
    release(std::exchange(node, list_owner(*node)));
  }
}

}  // namespace

ContextNode::ContextNode(ContextNode* parent_, bool cancellable_) noexcept
    : ChanCore(&destroy_node),
      parent(parent_),
      canceller(cancellable_         ? this
                : parent_ == nullptr ? nullptr
                                     : parent_->canceller) {
  if (parent_ == nullptr) return;
  parent_->retain();
  if (parent_->canceller != nullptr) deadline = parent_->canceller->deadline;
}

ContextNode::ContextNode(ContextNode* parent_, Detached) noexcept
    : ChanCore(&destroy_node), parent(parent_), canceller(nullptr) {
  if (parent_ != nullptr) parent_->retain();
}

void adopt_node(ContextNode* node) noexcept {
  ContextNode* owner = list_owner(*node);
  if (owner == nullptr) return;
  {
    const Section section;
    const SpinGuard guard(owner->tree_lock);
    if (owner->error_value.load(std::memory_order_relaxed) == 0) {
      node->next_sibling = owner->first_child;
      if (owner->first_child != nullptr) owner->first_child->previous_sibling = node;
      owner->first_child = node;
      node->in_tree = true;
      return;
    }
  }
  cancel_node(node, error_of(*owner), owner->cause);
}

CancelContext cancellable(ContextNode* node) noexcept {
  node->references.store(2, std::memory_order_relaxed);  // the context's and the function's
  adopt_node(node);
  return {ContextAccess::adopt(node), CancelAccess::function(node)};
}

bool cancel_node(ContextNode* node, errc error, std::exception_ptr cause) noexcept {
  return cancel_tree(node, error, cause, [](ContextNode* n) noexcept { n->release(); });
}

void release_elsewhere(ContextNode* node) noexcept {
  if (node->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  try {
    spawn_goroutine({.name = "weft context"}, [node] { destroy_node(node); });
  } catch (...) {
    ContextNode* top = overdue.load(std::memory_order_relaxed);
    do {
      node->next_overdue = top;
    } while (!overdue.compare_exchange_weak(top, node, std::memory_order_release, std::memory_order_relaxed));
  }
}

std::exception_ptr cause_of(const ContextNode& node) {
  if (node.cause != nullptr) return node.cause;
  return std::make_exception_ptr(std::system_error(make_error_code(error_of(node))));
}

ChanCore* context_done(const Context& context) noexcept {
  ContextNode* node = ContextAccess::node(context);
  return node == nullptr ? nullptr : node->canceller;
}

std::error_code context_error(const Context& context) noexcept { return context.error(); }

DeadlineNode::DeadlineNode(ContextNode* parent_, MonotonicNanos deadline_, std::exception_ptr cause_) noexcept
    : ContextNode(parent_, true), deadline_cause(std::move(cause_)) {
  deadline = deadline_;
  timer.node = this;
  timer.fire = [](TimerNode* fired) noexcept {
    DeadlineNode* node = static_cast<Timer*>(fired)->node;
    cancel_tree(node, errc::deadline_exceeded, node->deadline_cause, &release_elsewhere);
  };
}

void DeadlineNode::start() noexcept {
  adopt_node(this);
  if (is_closed()) return;
  if (deadline <= monotonic_now()) {
    cancel_node(this, errc::deadline_exceeded, deadline_cause);
  } else {
    timer_arm(timer, deadline);
  }
}

Context with_deadline_at(const Context& parent, MonotonicNanos deadline, std::exception_ptr cause) {
  ContextNode* above = ContextAccess::node(parent);
  const MonotonicNanos earlier = above == nullptr || above->canceller == nullptr ? kNever : above->canceller->deadline;
  if (earlier <= deadline) {
    auto* node = new ContextNode(above, true);
    adopt_node(node);
    return ContextAccess::adopt(node);
  }
  auto* node = new DeadlineNode(above, deadline, std::move(cause));
  node->start();
  return ContextAccess::adopt(node);
}

// Starts the goroutine; where there is no stack for it, tries again a little later.
void CallbackNode::on_cancelled() noexcept {
  if (!stop()) return;
  retain();
  retry.node = this;
  retry.fire = [](TimerNode* fired) noexcept {
    CallbackNode* node = static_cast<Retry*>(fired)->node;
    if (node->of_thread) resume();
    try {
      spawn_goroutine({}, [node] {
        node->run();
        timer_cancel(node->retry);
        node->release();
      });
    } catch (...) {
      constexpr MonotonicNanos kRetryNanos = 1'000'000;
      timer_arm(node->retry, monotonic_now() + kRetryNanos);
    }
  };
  retry.fire(&retry);
}

ContextCallback start_callback(CallbackNode* adopted) noexcept {
  adopt_node(adopted);
  return CancelAccess::callback(adopted);
}

namespace {

struct StopTokenNode : ContextNode {
  explicit StopTokenNode(ContextNode* parent_) noexcept : ContextNode(parent_, true) {}
  void before_destroy() noexcept override { callback.reset(); }

  struct Cancel {
    StopTokenNode* node;
    void operator()() const noexcept {
      ContextNode* const root = node;  // this object may go with the last reference
      if (!try_retain(*root)) return;  // before_destroy() waits for this call
      cancel_node(root, errc::cancelled, nullptr);
      root->release();
    }
  };
  std::optional<std::stop_callback<Cancel>> callback;
};

}  // namespace

}  // namespace detail

void CancelFunction::operator()(std::exception_ptr cause) const noexcept {
  if (node_ != nullptr) detail::cancel_node(node_, errc::cancelled, std::move(cause));
}

CancelContext with_cancel(const Context& parent) {
  return detail::cancellable(new detail::ContextNode(ContextAccess::node(parent), true));
}

Context with_stop_token(const Context& parent, std::stop_token token) {
  auto* node = new detail::StopTokenNode(ContextAccess::node(parent));
  Context context = ContextAccess::adopt(node);
  detail::adopt_node(node);
  node->callback.emplace(std::move(token), detail::StopTokenNode::Cancel{node});
  return context;
}

Context without_cancel(const Context& parent) {
  return ContextAccess::adopt(new detail::ContextNode(ContextAccess::node(parent), detail::ContextNode::Detached{}));
}

}  // namespace weft
