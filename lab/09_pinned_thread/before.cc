// A pin around each C call; and a pinned goroutine that plays ping-pong with a free one.
#include "lab/09_pinned_thread/measure.h"

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  return weft::run([&] {
    lab::Report report;
    lab::measure_calls(arguments, report, [](std::int64_t number) {
      weft::ThreadPin pin;
      return lab::foreign_call(number);
    });
    lab::measure_ping_pong(arguments, report, [] { return weft::ThreadPin(); });
    report.print();
  });
}
