// Prints CLOCK_MONOTONIC as the main goroutine begins.
#include <cstdio>

#include "bench/micro/foreign.h"
#include "weft/runtime.h"

int main() {
  return weft::run([] { std::printf("%lld\n", static_cast<long long>(bench_monotonic_nanoseconds())); });
}
