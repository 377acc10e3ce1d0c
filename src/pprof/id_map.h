// pprof/id_map.h: from the ids that a profile gives its locations, functions and mappings to indices.
//
// Most writers count from 1, in order or nearly so: a table. Others use addresses or hashes: a hash map, whose seed
// differs from run to run lest a profile be made to collide.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <random>
#include <unordered_map>
#include <vector>

namespace weft::pprof {

struct SeededIdHash {
  std::uint64_t seed = std::random_device()();
  std::size_t operator()(std::uint64_t id) const {
    std::uint64_t h = id ^ (seed * 0x9E3779B97F4A7C15u);  // MurmurHash3's finalizer
    h = (h ^ (h >> 33)) * 0xFF51AFD7ED558CCDu;
    h = (h ^ (h >> 33)) * 0xC4CEB9FE1A85EC53u;
    return h ^ (h >> 33);
  }
};

class IdMap {
 public:
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t kMostBytesEach = 64;  // what an id may take in here

  void reserve(std::size_t count) { ids_.reserve(count); }
  /// The id of the next index, counted from 0.
  void add(std::uint64_t id) { ids_.push_back(id); }

  /// Call once after the last add(), before find(). Returns an id that was added twice, else 0.
  std::uint64_t settle() {
    const std::uint64_t largest = ids_.empty() ? 0 : *std::max_element(ids_.begin(), ids_.end());
    const bool dense = largest <= kMostSparse * ids_.size() + kSmall;
    if (dense) dense_.assign(largest + 1, kNone);
    std::uint64_t twice = 0;
    for (std::uint32_t i = 0; i < ids_.size() && twice == 0; ++i) {
      if (!(dense ? add_dense(ids_[i], i) : sparse_.emplace(ids_[i], i).second)) twice = ids_[i];
    }
    ids_ = {};
    return twice;
  }

  /// The index, or kNone.
  std::uint32_t find(std::uint64_t id) const {
    if (id < dense_.size()) return dense_[id];
    if (sparse_.empty()) return kNone;
    const auto found = sparse_.find(id);
    return found == sparse_.end() ? kNone : found->second;
  }

 private:
  static constexpr std::uint64_t kMostSparse = 4, kSmall = 64;  // as many table entries for one id; for none

  bool add_dense(std::uint64_t id, std::uint32_t index) {
    if (dense_[id] != kNone) return false;
    dense_[id] = index;
    return true;
  }

  std::vector<std::uint64_t> ids_;  // until settle()
  std::vector<std::uint32_t> dense_;
  std::unordered_map<std::uint64_t, std::uint32_t, SeededIdHash> sparse_;
};

}  // namespace weft::pprof
