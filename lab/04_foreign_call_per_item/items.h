// The items of scenario 4 and the two ways to pass them to C: one a call, or a batch a call with an error for each
// item.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "lab/04_foreign_call_per_item/foreign.h"

namespace lab {

/// The input: every 97th is bad.
inline std::vector<lab_item> make_items(std::size_t count) {
  std::vector<lab_item> result(count);
  for (std::size_t i = 0; i < count; ++i) {
    result[i].id = static_cast<std::int64_t>(i);
    result[i].amount = i % 97 == 96 ? -1 : static_cast<std::int64_t>(i % 1000 + 1);
  }
  return result;
}

/// What one pass over the items gives: the good items' scores and how many failed.
struct Tally {
  std::int64_t sum = 0;
  std::int64_t failed = 0;
  friend bool operator==(const Tally&, const Tally&) = default;
};

/// One C call an item.
inline Tally score_each(std::span<const lab_item> items) {
  Tally result;
  for (const lab_item& item : items) {
    std::int64_t score = 0;
    if (lab_score(item.id, item.amount, &score) == LAB_OK) {
      result.sum += score;
    } else {
      ++result.failed;
    }
  }
  return result;
}

/// One C call a batch. `on_result(item, error, score)` gets each item's own error.
template <class OnResult>
void score_batches(std::span<const lab_item> items, std::size_t batch_size, OnResult on_result) {
  std::vector<std::int64_t> scores(batch_size);
  std::vector<int> errors(batch_size);
  for (std::size_t from = 0; from < items.size(); from += batch_size) {
    const auto batch = items.subspan(from, std::min(batch_size, items.size() - from));
    lab_score_batch(batch.data(), batch.size(), scores.data(), errors.data());
    for (std::size_t i = 0; i < batch.size(); ++i) on_result(batch[i], errors[i], scores[i]);
  }
}

}  // namespace lab
