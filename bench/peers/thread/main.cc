// The benchmark program on std::thread: the rows that have a counterpart there.
#include <sched.h>

#include <cstdio>

#include "bench/micro/harness.h"

int main(int argc, char** argv) {
  return bench::bench_main(argc, argv, [](const bench::Row& row) {
    if (row.processors == 1) {  // one processor: every thread on the core where this one runs
      cpu_set_t cores;
      CPU_ZERO(&cores);
      CPU_SET(sched_getcpu(), &cores);
      if (sched_setaffinity(0, sizeof cores, &cores) != 0) std::perror("sched_setaffinity");
    }
    row.body(row.name);
  });
}
