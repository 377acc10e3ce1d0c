// Clean-up, and reloads, on the goroutine that reads the signals: while it works it reads none.
#include <csignal>

#include "lab/10_signal_handler/queue.h"
#include "weft/runtime.h"
#include "weft/signal.h"

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  return weft::run([&] {
    lab::Queue queue(arguments);
    const weft::RecvChan<int> signals = weft::signal::notify({SIGTERM, SIGINT, SIGHUP});
    lab::say_ready();
    for (const int number : signals) {
      if (number != SIGHUP) break;
      lab::reload(arguments);
    }
    queue.write_out();
    queue.print();
  });
}
