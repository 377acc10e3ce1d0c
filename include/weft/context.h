// weft/context.h: Context and what makes one: with_cancel, with_deadline, with_timeout, with_value, with_stop_token,
// without_cancel; CancelFunction, CancelGuard, ContextKey; after_func on a context.
// Not here: waiting for a context among other things (on_done in select.h). Guide: docs/guide/context.md
//
// A Context says how long a piece of work is wanted: it is passed down, copied freely, and everything below is done
// when something above is. It is a shared pointer to a node of a tree; a node lives while something refers to it, and a
// deadline that nobody refers to any more costs nothing.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <stop_token>
#include <system_error>
#include <type_traits>
#include <utility>

#include "weft/chan.h"
#include "weft/detail/context_node.h"
#include "weft/detail/deadline.h"
#include "weft/error.h"

namespace weft {

/// Names a value of type T in contexts. Its identity is its address: make it a global or static object.
template <class T>
class ContextKey {
 public:
  constexpr ContextKey() noexcept = default;
  ContextKey(const ContextKey&) = delete;
  ContextKey& operator=(const ContextKey&) = delete;

 private:
  friend class Context;
  char identity_ = 0;
};

/// Default-constructed it is the background: never done, without values or deadline.
///
/// Thread safety  any number of handles, from anywhere; one handle object is like an int
class Context {
 public:
  constexpr Context() noexcept = default;

  /// Closed once the context is done. The nil channel where that can never be.
  RecvChan<void> done() const noexcept { return detail::ChanAccess::share<RecvChan<void>>(canceller()); }

  /// Why it is done: errc::cancelled or errc::deadline_exceeded; falsy while it is not.
  std::error_code error() const noexcept {
    const detail::ContextNode* node = canceller();
    const int value = node == nullptr || !node->is_closed() ? 0 : node->error_value.load(std::memory_order_acquire);
    return value == 0 ? std::error_code() : make_error_code(static_cast<errc>(value));
  }

  /// The exception given to the cancel that came first; where none was given, a std::system_error with error(). Null
  /// while the context is not done.
  std::exception_ptr cause() const {
    const detail::ContextNode* node = canceller();
    return node == nullptr || !node->is_closed() ? nullptr : detail::cause_of(*node);
  }

  /// When it will be done at the latest; nothing if no deadline is set.
  std::optional<std::chrono::steady_clock::time_point> deadline() const noexcept {
    const detail::ContextNode* node = canceller();
    if (node == nullptr || node->deadline == detail::kNever) return std::nullopt;
    return detail::to_time_point(node->deadline);
  }

  /// The value under `key`, from the nearest context that has one; null if none has. Lives as long as this context.
  /// Cost           one step for each context above
  template <class T>
  const T* get(const ContextKey<T>& key) const noexcept {
    for (const detail::ContextNode* node = node_; node != nullptr; node = node->parent) {
      if (const void* value = node->find(&key.identity_)) return static_cast<const T*>(value);
    }
    return nullptr;
  }

  Context(const Context& o) noexcept : node_(o.node_) {
    if (node_ != nullptr) node_->retain();
  }
  Context(Context&& o) noexcept : node_(std::exchange(o.node_, nullptr)) {}
  Context& operator=(Context o) noexcept {
    std::swap(node_, o.node_);
    return *this;
  }
  ~Context() {
    if (node_ != nullptr) node_->release();
  }
  /// True for handles of one context.
  friend bool operator==(const Context& a, const Context& b) noexcept { return a.node_ == b.node_; }

 private:
  friend struct ContextAccess;
  explicit Context(detail::ContextNode* adopted) noexcept : node_(adopted) {}
  detail::ContextNode* canceller() const noexcept { return node_ == nullptr ? nullptr : node_->canceller; }

  template <class T>
  static const void* identity(const ContextKey<T>& key) noexcept {
    return &key.identity_;
  }

  detail::ContextNode* node_ = nullptr;
};

/// The library's way to a context's node, and from a node to a context.
struct ContextAccess {
  static detail::ContextNode* node(const Context& context) noexcept { return context.node_; }
  /// A handle that takes over one reference.
  static Context adopt(detail::ContextNode* node) noexcept { return Context(node); }
  template <class T>
  static const void* identity(const ContextKey<T>& key) noexcept {
    return Context::identity(key);
  }
};

/// Makes a context, and all below it, done with errc::cancelled: they are when a call returns, also where it came
/// second. Copyable; of what the first call has said nothing changes. Dropping it cancels nothing.
class CancelFunction {
 public:
  CancelFunction() noexcept = default;

  /// Blocking       never. Thread safety: any. Cost: what it wakes
  void operator()() const noexcept { (*this)(std::exception_ptr()); }
  /// With what Context::cause() is to say.
  void operator()(std::exception_ptr cause) const noexcept;

  CancelFunction(const CancelFunction& o) noexcept : node_(o.node_) {
    if (node_ != nullptr) node_->retain();
  }
  CancelFunction(CancelFunction&& o) noexcept : node_(std::exchange(o.node_, nullptr)) {}
  CancelFunction& operator=(CancelFunction o) noexcept {
    std::swap(node_, o.node_);
    return *this;
  }
  ~CancelFunction() {
    if (node_ != nullptr) node_->release();
  }

 private:
  friend struct CancelAccess;
  explicit CancelFunction(detail::ContextNode* adopted) noexcept : node_(adopted) {}
  detail::ContextNode* node_ = nullptr;
};

/// Cancels when it goes out of scope.
class [[nodiscard]] CancelGuard {
 public:
  explicit CancelGuard(CancelFunction cancel) noexcept : cancel_(std::move(cancel)) {}
  ~CancelGuard() { cancel_(); }
  CancelGuard(const CancelGuard&) = delete;
  CancelGuard& operator=(const CancelGuard&) = delete;

 private:
  CancelFunction cancel_;
};

/// What with_cancel makes: `auto [ctx, cancel] = weft::with_cancel(parent);`
struct [[nodiscard]] CancelContext {
  Context context;
  CancelFunction cancel;
};

/// A context below `parent` that `cancel` makes done.
///
/// Errors         std::bad_alloc, as all that make a context
/// Cost           one allocation
CancelContext with_cancel(const Context& parent);

namespace detail {
/// The context and the function of a cancellable node that nobody knows yet; it is adopted here.
CancelContext cancellable(ContextNode* node) noexcept;
Context with_deadline_at(const Context& parent, MonotonicNanos deadline, std::exception_ptr cause);
}  // namespace detail

/// A context below `parent` that is done with errc::deadline_exceeded at `deadline`, if that is before the parent's
/// own; done at once if it has passed. `cause`, if given, is what cause() then says.
///
/// Cost           one allocation; the timer goes with the last reference
template <class Clock, class Duration>
[[nodiscard]] Context with_deadline(const Context& parent, std::chrono::time_point<Clock, Duration> deadline,
                                    std::exception_ptr cause = nullptr) {
  return detail::with_deadline_at(parent, detail::deadline_at(deadline), std::move(cause));
}
/// The same, `timeout` from now.
template <class Rep, class Period>
[[nodiscard]] Context with_timeout(const Context& parent, std::chrono::duration<Rep, Period> timeout,
                                   std::exception_ptr cause = nullptr) {
  return detail::with_deadline_at(parent, detail::deadline_after(timeout), std::move(cause));
}

/// A context below `parent` in which `key` names `value`.
template <class T, class U = T>
[[nodiscard]] Context with_value(const Context& parent, const ContextKey<T>& key, U&& value) {
  return ContextAccess::adopt(
      new detail::ValueNode<T>(ContextAccess::node(parent), ContextAccess::identity(key), std::forward<U>(value)));
}

/// A context below `parent` that is also done, with errc::cancelled, once a stop is requested of `token`.
[[nodiscard]] Context with_stop_token(const Context& parent, std::stop_token token);

/// A context with the values of `parent` that is never done with it.
[[nodiscard]] Context without_cancel(const Context& parent);

/// The registration made by after_func(ctx, f). Move-only; when it goes, `f` is not started any more.
class [[nodiscard]] ContextCallback {
 public:
  ContextCallback() noexcept = default;
  ContextCallback(ContextCallback&& o) noexcept : node_(std::exchange(o.node_, nullptr)) {}
  ContextCallback& operator=(ContextCallback o) noexcept {
    std::swap(node_, o.node_);
    return *this;
  }
  ~ContextCallback() {
    if (node_ == nullptr) return;
    node_->stop();
    node_->release();
  }

  /// True: `f` was not started and will not be. False: it was started, perhaps still runs, or was stopped before.
  bool stop() noexcept { return node_ != nullptr && node_->stop(); }

 private:
  friend struct CancelAccess;
  explicit ContextCallback(detail::CallbackNode* adopted) noexcept : node_(adopted) {}
  detail::CallbackNode* node_ = nullptr;
};

namespace detail {
ContextCallback start_callback(CallbackNode* adopted) noexcept;
}

/// Runs `f` on a goroutine of its own once `ctx` is done; at once if it is.
template <class F>
ContextCallback after_func(const Context& ctx, F&& f) {
  detail::require_callable(f, "weft::after_func");
  return detail::start_callback(
      new detail::CallbackNodeOf<std::decay_t<F>>(ContextAccess::node(ctx), std::forward<F>(f)));
}

}  // namespace weft
