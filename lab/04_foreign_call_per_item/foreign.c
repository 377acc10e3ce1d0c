#include "foreign.h"

#include <errno.h>
#include <time.h>

int lab_score(int64_t id, int64_t amount, int64_t* score) {
  if (amount < 0) return LAB_NEGATIVE_AMOUNT;
  uint64_t mixed = (uint64_t)id * 0x9E3779B97F4A7C15u + (uint64_t)amount;
  *score = (int64_t)((mixed ^ (mixed >> 29)) & 0xFFFFF);
  return LAB_OK;
}

size_t lab_score_batch(const struct lab_item* items, size_t count, int64_t* scores, int* errors) {
  size_t failed = 0;
  for (size_t i = 0; i < count; ++i) {
    errors[i] = lab_score(items[i].id, items[i].amount, &scores[i]);
    failed += errors[i] != LAB_OK;
  }
  return failed;
}

void lab_block(long milliseconds) {
  struct timespec left = {milliseconds / 1000, milliseconds % 1000 * 1000000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}
