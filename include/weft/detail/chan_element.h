// weft/detail/chan_element.h: what travels through a channel of T, and how.
//
//   T whose move can't throw   travels as itself; the receiver's std::optional<T> is filled in place: one move
//   any other T                travels boxed: the sender boxes it first and unboxes it again if it was not sent, so
//                              that nothing throws between lock and unlock
//   void                       is only counted
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "weft/detail/chan_core.h"

namespace weft::detail {

template <class T>
inline constexpr bool kChanElement = std::is_void_v<T> ? !std::is_const_v<T>
                                                       : std::is_object_v<T> && !std::is_const_v<T> &&
                                                             !std::is_array_v<T> && std::is_move_constructible_v<T>;

template <class T>
inline constexpr bool kTravelsBoxed = !std::is_nothrow_move_constructible_v<T>;

/// The box a T travels in.
template <class T, bool boxed = kTravelsBoxed<T>>
struct Element {
  using Carrier = T;                 // what the sender's pointer and the buffer's slots hold
  using Landing = std::optional<T>;  // what the receiver's pointer is to

  /// What fill(Landing*) received. A function of nothing else, for in this shape every compiler builds the result in
  /// place: clang does not where an `if constexpr` returns something else, GCC not inside of one.
  template <class Fill>
  static std::optional<T> receive(Fill&& fill) noexcept {
    std::optional<T> landing;
    fill(&landing);
    return landing;
  }
  static void land(Landing& landing, Carrier& carrier) noexcept { landing.emplace(std::move(carrier)); }
  static std::optional<T>&& unpack(Landing& landing) noexcept { return std::move(landing); }
};

template <class T>
struct Element<T, true> {
  using Carrier = std::unique_ptr<T>;
  using Landing = std::unique_ptr<T>;

  template <class Fill>
  static std::optional<T> receive(Fill&& fill) {
    Landing landing;
    fill(&landing);
    return unpack(landing);
  }
  static void land(Landing& landing, Carrier& carrier) noexcept { landing = std::move(carrier); }
  static std::optional<T> unpack(Landing& landing) {
    return landing == nullptr ? std::optional<T>() : std::optional<T>(std::move(*landing));
  }
};

/// The element's part in the ring, typed; ChanCore's slow paths reach it through kElementOps.
template <class T>
struct ElementTraffic {
  using Carrier = typename Element<T>::Carrier;
  using Landing = typename Element<T>::Landing;
  static constexpr std::size_t kBytes = sizeof(Carrier);
  static constexpr std::size_t kAlign = alignof(Carrier);

  static Carrier* at(void* slot) noexcept { return std::launder(static_cast<Carrier*>(slot)); }
  static void deliver(void* landing, void* value) noexcept {
    Element<T>::land(*static_cast<Landing*>(landing), *static_cast<Carrier*>(value));
  }
  static void store(void* slot, void* value) noexcept {
    ::new (slot) Carrier(std::move(*static_cast<Carrier*>(value)));
  }
  static void fetch(void* landing, void* slot) noexcept {
    Element<T>::land(*static_cast<Landing*>(landing), *at(slot));
    std::destroy_at(at(slot));
  }
  static void destroy(void* slot) noexcept { std::destroy_at(at(slot)); }
};

template <>
struct ElementTraffic<void> {
  using Carrier = char;  // never looked at
  using Landing = bool;  // true: an element came
  static constexpr std::size_t kBytes = 0;
  static constexpr std::size_t kAlign = 1;

  static void deliver(void* landing, void*) noexcept { *static_cast<bool*>(landing) = true; }
  static void store(void*, void*) noexcept {}
  static void fetch(void* landing, void*) noexcept { *static_cast<bool*>(landing) = true; }
  static void destroy(void*) noexcept {}
};

template <class T>
inline constexpr ElementOps kElementOps{ElementTraffic<T>::kBytes, &ElementTraffic<T>::deliver,
                                        &ElementTraffic<T>::store, &ElementTraffic<T>::fetch,
                                        &ElementTraffic<T>::destroy};

/// A value on its way out, from the caller's object and, if it was not sent, back into it.
template <class T, bool boxed = kTravelsBoxed<T>>
class Outgoing {
 public:
  explicit Outgoing(T& value) noexcept : value_(value) {}
  T* carrier() noexcept { return std::addressof(value_); }
  void give_back() noexcept {}

 private:
  T& value_;
};

template <class T>
class Outgoing<T, true> {
 public:
  explicit Outgoing(T& value) : value_(value), box_(std::make_unique<T>(std::move(value))) {}
  std::unique_ptr<T>* carrier() noexcept { return &box_; }
  /// A T that can be neither assigned nor moved without throwing stays in its moved-from state.
  void give_back() {
    if constexpr (std::is_move_assignable_v<T>) value_ = std::move(*box_);
  }

 private:
  T& value_;
  std::unique_ptr<T> box_;
};

}  // namespace weft::detail
