// weft/detail/job.h: a callable that is moved about and run once; small ones live inside it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "weft/context.h"

namespace weft::detail {

class Job {
 public:
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Job>)
  explicit Job(F&& f) {
    using Fn = std::decay_t<F>;
    static_assert(std::is_invocable_v<Fn&, const Context&> || std::is_invocable_v<Fn&>,
                  "a job takes a weft::Context or nothing");
    if constexpr (kFits<Fn>) {
      ::new (static_cast<void*>(storage_)) Fn(std::forward<F>(f));
      ops_ = &kInline<Fn>;
    } else {
      ::new (static_cast<void*>(storage_)) Fn*(new Fn(std::forward<F>(f)));
      ops_ = &kBoxed<Fn>;
    }
  }
  Job(Job&& o) noexcept : ops_(std::exchange(o.ops_, nullptr)) {
    if (ops_ != nullptr) ops_->relocate(o.storage_, storage_);
  }
  Job& operator=(Job&& o) noexcept {
    if (this == &o) return *this;
    std::destroy_at(this);
    return *::new (static_cast<void*>(this)) Job(std::move(o));
  }
  ~Job() {
    if (ops_ != nullptr) ops_->destroy(storage_);
  }

  void operator()(const Context& ctx) { ops_->invoke(storage_, ctx); }

 private:
  static constexpr std::size_t kInlineBytes = 56;
  struct Ops {
    void (*invoke)(void* storage, const Context& ctx);
    void (*relocate)(void* from, void* to) noexcept;  // `from` is raw afterwards
    void (*destroy)(void* storage) noexcept;
  };
  template <class Fn>
  static constexpr bool kFits =
      sizeof(Fn) <= kInlineBytes && alignof(Fn) <= alignof(void*) && std::is_nothrow_move_constructible_v<Fn>;

  template <class Fn>
  static void call(Fn& fn, const Context& ctx) {
    if constexpr (std::is_invocable_v<Fn&, const Context&>) {
      std::invoke(fn, ctx);
    } else {
      std::invoke(fn);
    }
  }
  template <class Fn>
  static Fn& at(void* storage) noexcept {
    return *std::launder(static_cast<Fn*>(storage));
  }

  template <class Fn>
  static constexpr Ops kInline{[](void* storage, const Context& ctx) { call(at<Fn>(storage), ctx); },
                               [](void* from, void* to) noexcept {
                                 ::new (to) Fn(std::move(at<Fn>(from)));
                                 std::destroy_at(&at<Fn>(from));
                               },
                               [](void* storage) noexcept { std::destroy_at(&at<Fn>(storage)); }};
  template <class Fn>
  static constexpr Ops kBoxed{[](void* storage, const Context& ctx) { call(*at<Fn*>(storage), ctx); },
                              [](void* from, void* to) noexcept { ::new (to) Fn*(at<Fn*>(from)); },
                              [](void* storage) noexcept { delete at<Fn*>(storage); }};

  alignas(void*) std::byte storage_[kInlineBytes];
  const Ops* ops_;
};

}  // namespace weft::detail
