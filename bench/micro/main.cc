// The benchmark program of weft: one row a run, each in a process of its own.
#include "bench/micro/harness.h"
#include "weft/runtime.h"

int main(int argc, char** argv) {
  return bench::bench_main(argc, argv, [](const bench::Row& row) {
    weft::run([&row] {
      weft::set_max_procs(row.processors);
      row.body(row.name);
    });
  });
}
