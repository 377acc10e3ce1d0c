/* Prints CLOCK_MONOTONIC as main begins: what a program costs that has no runtime. */
#include <stdio.h>

#include "foreign.h"

int main(void) {
  printf("%lld\n", (long long)bench_monotonic_nanoseconds());
  return 0;
}
