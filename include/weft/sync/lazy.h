// weft/sync/lazy.h: Lazy<T>, a value made on first use.
// Not here: an action without a value (once.h). Guide: docs/guide/sync.md
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "weft/detail/spawn.h"
#include "weft/runtime.h"
#include "weft/sync/once.h"

namespace weft {

/// A T that its factory makes when it is first asked for; for globals that dial, parse or fill. From a captureless
/// lambda or a function it is constant-initialized: nothing of it runs before main.
///
/// Errors         what the factory throws passes through, and the next use tries again
/// Blocking       a use while the first one runs the factory waits for it: the goroutine; from a plain thread, the
///                thread
/// Cost           one load once it is made
template <class T>
class Lazy {
 public:
  /// Usage faults   usage_error for an empty function
  template <class F>
    requires std::convertible_to<F, T (*)()>
  constexpr Lazy(F factory) : plain_(factory) {  // NOLINT(google-explicit-constructor)
    if (plain_ == nullptr) detail::throw_empty_function("weft::Lazy");
  }
  /// A factory with captures is kept in an allocation of its own.
  template <class F>
    requires(!std::convertible_to<F, T (*)()> && std::is_invocable_r_v<T, F&>)
  explicit Lazy(F factory) : boxed_(std::make_unique<Factory<F>>(std::move(factory))) {
    detail::require_callable(static_cast<Factory<F>&>(*boxed_).function, "weft::Lazy");
  }
  ~Lazy() {
    if (once_.done()) std::destroy_at(std::addressof(value_));
  }
  Lazy(const Lazy&) = delete;
  Lazy& operator=(const Lazy&) = delete;

  /// The value, made now if it was not before.
  T& get() {
    if (!once_.done()) [[unlikely]]
      make();
    return value_;
  }
  T& operator*() { return get(); }
  T* operator->() { return std::addressof(get()); }

  /// True once the value stands.
  bool ready() const noexcept { return once_.done(); }

  /// Starts making the value on a goroutine and returns. A failure is forgotten: the next use tries again. The Lazy
  /// must outlive the goroutine, as a global does.
  void warm() {
    if (ready()) return;
    go({.name = "weft lazy"}, [this] {
      try {
        make();
      } catch (...) {  // the next use meets it again, or does not
      }
    });
  }

 private:
  struct AnyFactory {
    virtual ~AnyFactory() = default;
    virtual T make() = 0;
  };
  template <class F>
  struct Factory : AnyFactory {
    explicit Factory(F f) : function(std::move(f)) {}
    T make() override { return std::invoke(function); }
    F function;
  };

  void make() {
    once_.call([this] {
      if (plain_ != nullptr) {
        ::new (static_cast<void*>(std::addressof(value_))) T(plain_());
      } else {
        ::new (static_cast<void*>(std::addressof(value_))) T(boxed_->make());
      }
    });
  }

  Once once_;
  T (*plain_)() = nullptr;
  std::unique_ptr<AnyFactory> boxed_;
  union {
    char nothing_ = 0;
    T value_;
  };
};

template <class F>
Lazy(F) -> Lazy<std::decay_t<std::invoke_result_t<F&>>>;

}  // namespace weft
