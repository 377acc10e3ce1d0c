// What a C library offers: one item a call, or a batch; and a call that blocks. Both languages call this same C.
#ifndef WEFT_LAB_FOREIGN_H_
#define WEFT_LAB_FOREIGN_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lab_item {
  int64_t id;
  int64_t amount;
};

enum lab_error { LAB_OK = 0, LAB_NEGATIVE_AMOUNT = 1 };

/* Scores one item; an item with a negative amount is an error and gets no score. */
int lab_score(int64_t id, int64_t amount, int64_t* score);

/* Scores `count` items; errors[i] is what lab_score would have returned for item i. Returns how many failed. */
size_t lab_score_batch(const struct lab_item* items, size_t count, int64_t* scores, int* errors);

/* Blocks the calling thread, as a library does that waits for a disk or a server. */
void lab_block(long milliseconds);

#ifdef __cplusplus
}
#endif

#endif /* WEFT_LAB_FOREIGN_H_ */
