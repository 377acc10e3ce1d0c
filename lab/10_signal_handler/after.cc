// The App reads the signals and does nothing else on that goroutine: the clean-up runs elsewhere, within a deadline,
// and a second signal ends the program.
#include <csignal>

#include "lab/10_signal_handler/queue.h"
#include "weft/app.h"
#include "weft/runtime.h"
#include "weft/signal.h"

int main(int argc, char** argv) {
  using namespace std::chrono_literals;
  const lab::Arguments arguments(argc, argv);
  lab::Queue queue(arguments);
  weft::App app{{.shutdown_timeout = 30s}};
  app.start("reloads", [&] {
    weft::go([&arguments, hangups = weft::signal::notify({SIGHUP})] {
      for ([[maybe_unused]] const int number : hangups) lab::reload(arguments);
    });
  });
  app.warmup("announcement", [&] { lab::say_ready(); });
  app.on_shutdown("queue", 20s, [&] {
    queue.write_out();
    queue.print();
  });
  return app.run();
}
