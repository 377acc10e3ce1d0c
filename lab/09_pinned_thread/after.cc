// No pin: the C side keeps nothing in its thread.
#include "lab/09_pinned_thread/measure.h"

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  return weft::run([&] {
    lab::Report report;
    lab::measure_calls(arguments, report, lab::foreign_call);
    lab::measure_ping_pong(arguments, report, [] { return 0; });
    report.print();
  });
}
