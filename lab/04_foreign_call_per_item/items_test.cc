// A batch call reports each item's error, as the call for one item does.
#include "lab/04_foreign_call_per_item/items.h"

#include <gtest/gtest.h>

namespace lab {
namespace {

TEST(Items, ABatchGivesEachItemItsOwnError) {
  const std::vector<lab_item> items = make_items(1000);
  for (std::size_t batch_size : std::initializer_list<std::size_t>{1, 7, 64, 1000, 5000}) {
    std::size_t at = 0;
    score_batches(items, batch_size, [&](const lab_item& item, int error, std::int64_t score) {
      ASSERT_EQ(item.id, items[at].id);
      std::int64_t expected = 0;
      ASSERT_EQ(error, lab_score(item.id, item.amount, &expected)) << "item " << at << ", batches of " << batch_size;
      ASSERT_EQ(error, at % 97 == 96 ? LAB_NEGATIVE_AMOUNT : LAB_OK) << "item " << at;
      if (error == LAB_OK) {
        ASSERT_EQ(score, expected);
      }
      ++at;
    });
    EXPECT_EQ(at, items.size());
  }
}

TEST(Items, OneBadItemDoesNotSpoilItsBatch) {
  const std::vector<lab_item> items = {{1, 5}, {2, -5}, {3, 5}};
  std::vector<int> errors;
  score_batches(items, 3, [&](const lab_item&, int error, std::int64_t) { errors.push_back(error); });
  EXPECT_EQ(errors, (std::vector<int>{LAB_OK, LAB_NEGATIVE_AMOUNT, LAB_OK}));
}

TEST(Items, NoItemsNoCalls) {
  score_batches({}, 64, [](const lab_item&, int, std::int64_t) { FAIL(); });
}

}  // namespace
}  // namespace lab
