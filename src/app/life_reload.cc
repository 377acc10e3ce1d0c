// Reloads: what SIGHUP asks for, one after the other, between ready and the end.
#include <csignal>
#include <ctime>
#include <string>

#include "app/app_log.h"
#include "app/life.h"
#include "app/sd_notify.h"
#include "weft/signal.h"

namespace weft::app {

// From the first moment on, so that a SIGHUP does not end a program that starts: it is pending until then.
void Life::listen_for_reloads() {
  if (!roster_.reloads.empty()) reload_signals_ = signal::notify({SIGHUP});
}

RecvChan<int> Life::reload_signals_now() const {
  return ready_ && !ending_ && !reload_running_ ? reload_signals_ : RecvChan<int>();
}

void Life::begin_reload() {
  std::timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto micros = static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  sd_notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(micros) + "\nSTATUS=reloading");
  log("reloading");
  reload_running_ = true;
  launch(Kind::kReload, 0, "reload", [&steps = roster_.reloads](const Context& context) {
    for (const Step& step : steps) {
      try {
        step.run(context);
      } catch (...) {
        log("reload-failed part={} error={}", quoted(step.name), quoted(std::current_exception()));
        throw;
      }
    }
  });
}

void Life::handle_reload(const End& end) {
  reload_running_ = false;
  if (!end.error) log("reloaded ms={}", millis_since(end.began));
  if (!ending_) sd_notify(end.error ? "READY=1\nSTATUS=ready, the last reload failed" : "READY=1\nSTATUS=ready");
}

}  // namespace weft::app
