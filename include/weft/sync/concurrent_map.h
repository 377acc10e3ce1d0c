// weft/sync/concurrent_map.h: ConcurrentMap<K, V>, a hash map that goroutines and threads share.
// Not here: ordered maps; a map that one goroutine owns (any other). Guide: docs/guide/sync.md
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "weft/sync/shared_mutex.h"

namespace weft {

/// Each operation on one key is atomic, and all operations on one key have one order, which everybody sees: a load that
/// returns a value comes after the store that put it, with all that happened before that store.
///
/// Hash, Equal, copies and destructors of K and V run under the lock of a part of the map: they must not use the map.
/// Blocking       while another one holds that lock: the goroutine; from a plain thread, the thread
/// Cost           64 tables, each with a SharedMutex: loads of one key by many processors share nothing but what they
/// read
template <class K, class V, class Hash = std::hash<K>, class Equal = std::equal_to<K>>
class ConcurrentMap {
 public:
  ConcurrentMap() = default;
  ConcurrentMap(const ConcurrentMap&) = delete;
  ConcurrentMap& operator=(const ConcurrentMap&) = delete;

  /// A copy of the value under `key`; nothing if there is none.
  std::optional<V> load(const K& key) const
    requires std::copy_constructible<V>
  {
    std::optional<V> found;
    visit(key, [&](const V& value) { found.emplace(value); });
    return found;
  }

  /// Calls `f(value)` under the lock. Returns whether there was one. For values that are dear, or cannot be copied.
  template <class F>
  bool visit(const K& key, F&& f) const {
    const Shard& shard = shard_of(key);
    const std::shared_lock lock(shard.mutex);
    const auto it = shard.table.find(key);
    if (it == shard.table.end()) return false;
    std::invoke(std::forward<F>(f), std::as_const(it->second));
    return true;
  }

  bool contains(const K& key) const {
    return visit(key, [](const V&) {});
  }

  /// Puts `value` under `key`, over what was there.
  void store(K key, V value) {
    Shard& shard = shard_of(key);
    std::optional<V> before;  // destroyed after the lock
    const std::unique_lock lock(shard.mutex);
    const auto [it, fresh] = shard.table.try_emplace(std::move(key), std::move(value));
    if (!fresh) replace(it->second, std::move(value), before);
  }

  /// Puts `value` under `key` and returns what was there.
  std::optional<V> swap(K key, V value) {
    Shard& shard = shard_of(key);
    std::optional<V> before;
    const std::unique_lock lock(shard.mutex);
    const auto [it, fresh] = shard.table.try_emplace(std::move(key), std::move(value));
    if (!fresh) replace(it->second, std::move(value), before);
    return before;
  }

  struct Loaded {
    V value;
    bool loaded;  // it was there before
  };
  /// The value under `key`; if there is none, puts `value` there first.
  Loaded load_or_store(K key, V value)
    requires std::copy_constructible<V>
  {
    if (std::optional<V> found = load(key)) return {*std::move(found), true};
    Shard& shard = shard_of(key);
    const std::unique_lock lock(shard.mutex);
    const auto [it, fresh] = shard.table.try_emplace(std::move(key), std::move(value));
    return {it->second, !fresh};
  }

  /// Takes the key out. Returns whether it was there.
  bool erase(const K& key) { return take(key).has_value(); }

  /// Takes the key out and returns its value.
  std::optional<V> load_and_erase(const K& key) { return take(key); }

  /// Puts `desired` under `key` if the value there equals `expected`. False: another value, or none.
  bool compare_exchange(const K& key, const V& expected, V desired)
    requires std::equality_comparable<V>
  {
    Shard& shard = shard_of(key);
    std::optional<V> before;
    const std::unique_lock lock(shard.mutex);
    const auto it = shard.table.find(key);
    if (it == shard.table.end() || !(it->second == expected)) return false;
    replace(it->second, std::move(desired), before);
    return true;
  }

  /// Takes the key out if its value equals `expected`.
  bool compare_erase(const K& key, const V& expected)
    requires std::equality_comparable<V>
  {
    Shard& shard = shard_of(key);
    typename Table::node_type before;
    const std::unique_lock lock(shard.mutex);
    const auto it = shard.table.find(key);
    if (it == shard.table.end() || !(it->second == expected)) return false;
    before = shard.table.extract(it);
    return true;
  }

  /// Calls `f(key, value)` for each entry until it returns false (or for all, if it returns nothing). No snapshot: no
  /// key comes twice, one that is there all the while comes once, one that is stored or erased meanwhile may come or
  /// not. `f` gets copies and runs without a lock: it may use the map.
  template <class F>
  void range(F&& f) const
    requires(std::copy_constructible<K> && std::copy_constructible<V>)
  {
    for (const Shard& shard : shards_) {
      for (const auto& [key, value] : copy_of(shard)) {
        if constexpr (std::is_void_v<std::invoke_result_t<F&, const K&, const V&>>) {
          std::invoke(f, key, value);
        } else {
          if (!std::invoke(f, key, value)) return;
        }
      }
    }
  }

  /// Takes everything out, a part after the other.
  void clear() {
    for (Shard& shard : shards_) {
      Table before;
      const std::unique_lock lock(shard.mutex);
      before.swap(shard.table);
    }
  }

  /// Entries, counted a part after the other.
  std::size_t size() const {
    std::size_t total = 0;
    for (const Shard& shard : shards_) {
      const std::shared_lock lock(shard.mutex);
      total += shard.table.size();
    }
    return total;
  }
  bool empty() const { return size() == 0; }

 private:
  using Table = std::unordered_map<K, V, Hash, Equal>;
  struct alignas(64) Shard {
    mutable SharedMutex mutex;
    Table table;
  };
  static constexpr unsigned kShardBits = 6;

  static std::size_t index_of(const K& key) {
    // The table uses the low bits of the hash, and std::hash of an integer is the integer: Fibonacci hashing, the high
    // bits.
    return (static_cast<std::uint64_t>(Hash()(key)) * 0x9E3779B97F4A7C15u) >> (64 - kShardBits);
  }
  Shard& shard_of(const K& key) { return shards_[index_of(key)]; }
  const Shard& shard_of(const K& key) const { return shards_[index_of(key)]; }

  // For a V that can be moved but not assigned.
  static void replace(V& place, V&& value, std::optional<V>& before) {
    before.emplace(std::move(place));
    if constexpr (std::is_move_assignable_v<V>) {
      place = std::move(value);
    } else {
      static_assert(std::is_nothrow_move_constructible_v<V>,
                    "weft::ConcurrentMap: V can't be assigned, and its move may throw");
      std::destroy_at(std::addressof(place));
      std::construct_at(std::addressof(place), std::move(value));
    }
  }

  std::optional<V> take(const K& key) {
    Shard& shard = shard_of(key);
    typename Table::node_type node;
    {
      const std::unique_lock lock(shard.mutex);
      node = shard.table.extract(key);
    }
    if (node.empty()) return std::nullopt;
    return std::optional<V>(std::move(node.mapped()));
  }

  static std::vector<std::pair<K, V>> copy_of(const Shard& shard) {
    std::vector<std::pair<K, V>> entries;
    const std::shared_lock lock(shard.mutex);
    entries.reserve(shard.table.size());
    for (const auto& [key, value] : shard.table) entries.emplace_back(key, value);
    return entries;
  }

  std::array<Shard, std::size_t{1} << kShardBits> shards_;
};

}  // namespace weft
