// One C call a batch, each item keeps its own error; a C call known to block hands its processor over at once.
#include "lab/04_foreign_call_per_item/measure.h"

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  return weft::run([&] {
    lab::Report report;
    const std::size_t batch_size = arguments.size("batch");
    lab::measure_items(arguments, report, [batch_size](const std::vector<lab_item>& items) {
      lab::Tally result;
      lab::score_batches(items, batch_size, [&](const lab_item&, int error, std::int64_t score) {
        result.failed += error != LAB_OK;
        result.sum += error == LAB_OK ? score : 0;
      });
      return result;
    });
    const long block_ms = arguments.integer("block-ms");
    lab::measure_others(arguments, report, [block_ms] { weft::blocking([block_ms] { lab_block(block_ms); }); });
    report.print();
  });
}
