// One C call an item; a C call that blocks is made like any other.
#include "lab/04_foreign_call_per_item/measure.h"

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  return weft::run([&] {
    lab::Report report;
    lab::measure_items(arguments, report, lab::score_each);
    const long block_ms = arguments.integer("block-ms");
    lab::measure_others(arguments, report, [block_ms] { lab_block(block_ms); });
    report.print();
  });
}
