// The model's weft/detail/atomic.h: same names, every access a step that the explorer orders.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "explorer/model.h"
#include "explorer/shim.h"

namespace weft::detail {

template <class T>
class Atomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));
  using Order = std::memory_order;

 public:
  using value_type = T;
  static constexpr bool is_always_lock_free = true;

  constexpr Atomic() noexcept : Atomic(T{}) {}
  constexpr Atomic(T value) noexcept : word_{pack_constant(value), 0, -1} {}  // NOLINT: as std::atomic, implicit
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load(Order order = Order::seq_cst) const noexcept { return unpack(model::load(word_, order)); }
  void store(T value, Order order = Order::seq_cst) noexcept { model::store(word_, pack(value), order); }
  T exchange(T value, Order order = Order::seq_cst) noexcept {
    return modify(value, order, [](T, T operand) { return operand; });
  }
  bool compare_exchange_strong(T& expected, T desired, Order success, Order failure) noexcept {
    std::uint64_t found = pack(expected);
    if (model::compare_exchange(word_, found, pack(desired), success, failure)) return true;
    expected = unpack(found);
    return false;
  }
  bool compare_exchange_strong(T& expected, T desired, Order order = Order::seq_cst) noexcept {
    const Order failure = order == Order::acq_rel ? Order::acquire : order == Order::release ? Order::relaxed : order;
    return compare_exchange_strong(expected, desired, order, failure);
  }
  bool compare_exchange_weak(T& expected, T desired, Order success, Order failure) noexcept {
    return compare_exchange_strong(expected, desired, success, failure);
  }
  bool compare_exchange_weak(T& expected, T desired, Order order = Order::seq_cst) noexcept {
    return compare_exchange_strong(expected, desired, order);
  }
  T fetch_add(T n, Order o = Order::seq_cst) noexcept {
    return modify(n, o, [](T old, T x) { return static_cast<T>(old + x); });
  }
  T fetch_sub(T n, Order o = Order::seq_cst) noexcept {
    return modify(n, o, [](T old, T x) { return static_cast<T>(old - x); });
  }
  T fetch_or(T n, Order o = Order::seq_cst) noexcept {
    return modify(n, o, [](T old, T x) { return static_cast<T>(old | x); });
  }
  T fetch_and(T n, Order o = Order::seq_cst) noexcept {
    return modify(n, o, [](T old, T x) { return static_cast<T>(old & x); });
  }

 private:
  // memcpy is not for constants, and bit_cast wants equal sizes.
  static constexpr std::uint64_t pack_constant(T value) noexcept {
    if constexpr (std::is_pointer_v<T>) {
      return value == nullptr ? 0 : pack(value);
    } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      return static_cast<std::uint64_t>(value) & mask();
    } else {
      return pack(value);
    }
  }
  static constexpr std::uint64_t mask() noexcept { return ~std::uint64_t{0} >> (64 - 8 * sizeof(T)); }
  static std::uint64_t pack(T value) noexcept {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    return bits;
  }
  static T unpack(std::uint64_t bits) noexcept {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  template <class F>
  T modify(T operand, Order order, F) noexcept {
    const auto step = [](std::uint64_t old, std::uint64_t x) { return pack(F{}(unpack(old), unpack(x))); };
    return unpack(model::read_modify_write(word_, pack(operand), step, order));
  }

  mutable model::Word word_;
};

inline void fence_seq_cst() noexcept { model::fence_seq_cst(); }
inline void compiler_barrier() noexcept { model::compiler_barrier(); }
inline void cpu_relax() noexcept { model::relax(); }

}  // namespace weft::detail
