#include "app/life.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <system_error>

#include "app/app_log.h"
#include "app/sd_notify.h"
#include "app/signal_door.h"
#include "obs/health.h"
#include "weft/runtime.h"
#include "weft/select.h"
#include "weft/signal.h"

namespace weft::app {
namespace {

constexpr int kExitConfig = 78;  // EX_CONFIG of sysexits.h
constexpr int kEndSignals[] = {SIGTERM, SIGINT};

}  // namespace

Life::Life(Roster& roster, RecvChan<void> stop)
    : roster_(roster),
      stop_(std::move(stop)),
      shared_(std::make_shared<Shared>(roster.parts.size() + roster.warmups.size() + roster.servers.size() + 1)),
      work_(with_cancel({})),
      after_(start_order(roster.parts, roster.validations)),
      started_(roster.parts.size(), false),
      launched_(roster.parts.size(), false),
      serving_(roster.servers.size(), false) {
  const signal::Numbers numbers(kEndSignals);
  end_at_second_signal(numbers.bits());  // first, so that the first one counts
  signals_ = signal::notify(numbers);
  listen_for_reloads();
}

Life::~Life() {
  signal::stop(signals_);
  signal::stop(reload_signals_);
  end_at_second_signal(0);
}

int Life::run() {
  obs::set_phase(health::Phase::kStarting);
  watch_shutdown_time();
  validate();
  if (valid_ || ending_) serve();
  obs::set_phase(health::Phase::kStopped);
  shared_->over.close();
  goroutines_.wait();
  if (!valid_ && !ending_) return kExitConfig;
  log("ended code={} ms={}", exit_code_, millis_since(end_began_));
  return exit_code_;
}

void Life::serve() {
  feed_watchdog();
  if (!ending_) launch_servers(true);
  start_parts();
  if (!ending_) {
    launch_servers(false);
    launch_warmups();
    all_launched_ = true;
    become_ready_if_all_is();
  }
  while (!ending_) handle_next();
  drain();
  run_hooks();
  shut_servers(true);
  while (std::ranges::count(serving_, true) != 0) handle_next();
}

// One after the other, beside who hears the signals.
void Life::validate() {
  const auto run_all = [this](const Context& context) {
    for (const Step& check : roster_.validations) {
      if (context.error()) return;
      validate_one(check, context);
    }
  };
  validating_ = true;
  launch(Kind::kValidations, 0, "validate", run_all);
  while (validating_) handle_next();
}

void Life::validate_one(const Step& check, const Context& context) {
  const StillRunning::Entry entry(shared_->still_running, check.name);
  try {
    check.run(context);
  } catch (...) {
    log("invalid check={} error={}", quoted(check.name), quoted(std::current_exception()));
    valid_ = false;
  }
}

void Life::handle_validations(const End& end) {
  validating_ = false;
  if (!end.error) return;
  log("invalid check=all error={}", quoted(end.error));  // no goroutine to be had for them
  valid_ = false;
}

// One that cannot be launched has failed.
void Life::launch(Kind kind, std::size_t index, std::string name, detail::AppStep step) {
  const Clock::time_point began = Clock::now();
  try {
    goroutines_.go({.name = name},
                   [shared = shared_, context = work_.context, began, kind, index, name, step = std::move(step)] {
                     std::exception_ptr error;
                     try {
                       const StillRunning::Entry entry(shared->still_running, name);
                       step(context);
                     } catch (...) {
                       error = std::current_exception();
                     }
                     shared->ends.send({kind, index, error, began});
                   });
  } catch (const std::system_error&) {
    shared_->ends.send({kind, index, std::current_exception(), began});
  }
}

void Life::start_parts() {
  for (std::size_t i = 0; i < roster_.parts.size(); ++i) launch_part(i);
  while (parts_running_ != 0) handle_next();
}

// If all that it comes after has started.
void Life::launch_part(std::size_t part) {
  if (ending_ || launched_[part]) return;
  if (!std::ranges::all_of(after_[part], [&](std::size_t before) { return started_[before]; })) return;
  launched_[part] = true;
  ++parts_running_;
  launch(Kind::kPart, part, roster_.parts[part].name, roster_.parts[part].run);
}

void Life::launch_servers(bool early) {
  for (std::size_t i = 0; i < roster_.servers.size(); ++i) {
    const Server& server = roster_.servers[i];
    if (server.early != early) continue;
    serving_[i] = true;
    launch(Kind::kServer, i, server.name, [serve = server.calls.serve](const Context&) { serve(); });
    log("serving server={}", quoted(server.name));
  }
}

void Life::launch_warmups() {
  for (std::size_t i = 0; i < roster_.warmups.size(); ++i) {
    const Warmup& warmup = roster_.warmups[i];
    ++warmups_running_;
    if (warmup.required) ++required_warmups_;
    launch(Kind::kWarmup, i, warmup.name, warmup.run);
  }
}

void Life::become_ready_if_all_is() {
  if (ready_ || ending_ || !all_launched_ || required_warmups_ != 0) return;
  ready_ = true;
  obs::set_phase(health::Phase::kReady);
  sd_notify("READY=1\nSTATUS=ready");
  log("ready ms={}", millis_since(began_));
}

// Once the end has begun nobody listens to signals: a further one ends the process (signal_door.h).
void Life::handle_next() {
  if (ending_) {
    handle(*shared_->ends.recv());
    return;
  }
  select(on_recv(shared_->ends, [&](std::optional<End> end) { handle(*end); }),
         on_recv(signals_,
                 [&](std::optional<int> number) {
                   // The program has ignored or reset these signals: it is not to hear of them any more.
                   if (!number) signals_ = {};
                   if (number) begin_end(std::string("SIG") + ::sigabbrev_np(*number));
                 }),
         on_recv(reload_signals_now(),
                 [&](std::optional<int> number) { number ? begin_reload() : void(reload_signals_ = {}); }),
         on_recv(stop_, [&](bool) { begin_end("stop"); }));
}

void Life::handle(const End& end) {
  switch (end.kind) {
    case Kind::kValidations:
      handle_validations(end);
      break;
    case Kind::kPart:
      handle_part(end);
      break;
    case Kind::kWarmup:
      handle_warmup(end);
      break;
    case Kind::kServer:
      handle_server(end);
      break;
    case Kind::kReload:
      handle_reload(end);
      break;
  }
}

void Life::handle_part(const End& end) {
  const std::string& name = roster_.parts[end.index].name;
  --parts_running_;
  if (end.error) {
    fail_unless_cancelled("start-failed part", name, quoted(end.error));
    return;
  }
  started_[end.index] = true;
  roster_.note_started(end.index);
  log("started part={} ms={}", quoted(name), millis_since(end.began));
  for (std::size_t i = 0; i < roster_.parts.size(); ++i) launch_part(i);
}

void Life::handle_warmup(const End& end) {
  const Warmup& warmup = roster_.warmups[end.index];
  --warmups_running_;
  if (!end.error) {
    log("warm part={} ms={}", quoted(warmup.name), millis_since(end.began));
    if (warmup.required) --required_warmups_;
    become_ready_if_all_is();
  } else if (warmup.required) {
    fail_unless_cancelled("warmup-failed part", warmup.name, quoted(end.error));
  } else {
    log("warmup-failed part={} error={}", quoted(warmup.name), quoted(end.error));
  }
}

void Life::handle_server(const End& end) {
  const std::string& name = roster_.servers[end.index].name;
  serving_[end.index] = false;
  if (end.error) {
    fail("serve-failed server", name, quoted(end.error));
  } else if (!ending_) {
    fail("serve-ended server", name, quoted(std::string_view("serve() returned")));
  }
}

void Life::fail(const char* what, const std::string& name, const std::string& error) {
  log("{}={} error={}", what, quoted(name), error);
  exit_code_ = 1;
  begin_end("failure");
}

// Once the end has begun its context is done: whoever gives up then does what was asked.
void Life::fail_unless_cancelled(const char* what, const std::string& name, const std::string& error) {
  if (ending_) {
    log("gave-up part={} error={}", quoted(name), error);
  } else {
    fail(what, name, error);
  }
}

void Life::begin_end(const std::string& reason) {
  if (ending_) return;
  ending_ = true;
  end_began_ = Clock::now();
  obs::set_phase(health::Phase::kDraining);
  sd_notify("STOPPING=1\nSTATUS=draining");
  log("draining reason={}", reason);
  shared_->ending.close();
  if (!all_launched_) work_.cancel();  // starts that are under way
}

}  // namespace weft::app
