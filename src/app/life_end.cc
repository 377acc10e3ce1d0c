// The second half of Life: draining, stopping, and what happens if that takes too long.
#include <algorithm>
#include <memory>
#include <optional>
#include <system_error>

#include "app/app_log.h"
#include "app/life.h"
#include "app/sd_notify.h"
#include "weft/runtime.h"
#include "weft/select.h"
#include "weft/time.h"

namespace weft::app {
namespace {

constexpr int kExitTimeout = 124;  // as timeout(1)
// How long a function may take, once its deadline has been seen here, to see that its context is done, and return.
constexpr std::chrono::milliseconds kReturnTime{500};

}  // namespace

void Life::drain() {
  if (ready_) sleep_for(roster_.options.drain_delay);
  shut_servers(false);
  work_.cancel();
  while (warmups_running_ != 0 || reload_running_) handle_next();
}

// Leaves the shutdown functions the time that they were promised, if that is at most half of all.
Life::Clock::time_point Life::servers_deadline() {
  const std::chrono::nanoseconds all = roster_.options.shutdown_timeout;
  std::chrono::nanoseconds promised{0};
  for (const Hook& hook : roster_.hooks_to_run()) promised = std::min(promised + std::min(hook.deadline, all), all);
  return end_began_ + std::max(all - std::min(promised, all), all / 2);
}

// What went wrong; empty: nothing.
std::string Life::shut(const Server& server, const Context& context) noexcept {
  const StillRunning::Entry entry(shared_->still_running, server.name);
  try {
    std::error_code error;
    server.calls.shutdown(context, error);
    return error ? quoted(std::string_view(error.message())) : "";
  } catch (...) {
    return quoted(std::current_exception());
  }
}

void Life::shut_servers(bool early) {
  const Context context = with_deadline({}, servers_deadline());
  WaitGroup pending;
  std::vector<std::string> errors(roster_.servers.size());
  for (std::size_t i = 0; i < roster_.servers.size(); ++i) {
    const Server& server = roster_.servers[i];
    if (!serving_[i] || server.early != early) continue;
    const auto shut_one = [this, &server, &context, &error = errors[i]] {
      error = shut(server, context);
      if (error.empty() && !server.early) log("drained server={} ms={}", quoted(server.name), millis_since(end_began_));
    };
    try {
      pending.go({.name = server.name}, shut_one);
    } catch (const std::system_error&) {  // no goroutine to be had for it
      shut_one();
    }
  }
  pending.wait();
  for (std::size_t i = 0; i < errors.size(); ++i) {
    if (!errors[i].empty()) fail("drain-failed server", roster_.servers[i].name, errors[i]);
  }
}

void Life::run_hooks() {
  for (const Hook& hook : roster_.hooks_to_run()) {
    try {
      run_hook(hook);
    } catch (const std::system_error&) {  // no goroutine to be had for it
      fail("stop-failed part", hook.name, quoted(std::current_exception()));
    }
  }
}

void Life::run_hook(const Hook& hook) {
  struct Outcome {
    std::exception_ptr error;
  };
  const Clock::time_point began = Clock::now();
  const Chan<Outcome> returned = make_chan<Outcome>(1);
  auto gone = std::make_unique<WaitGroup>();
  gone->go({.name = hook.name}, [shared = shared_, hook, returned] {
    Outcome outcome;
    try {
      const StillRunning::Entry entry(shared->still_running, hook.name);
      hook.run(with_timeout({}, hook.deadline));
    } catch (...) {
      outcome.error = std::current_exception();
    }
    returned.send(std::move(outcome));
  });
  std::optional<Outcome> outcome;
  const auto take = [&](std::optional<Outcome> o) { outcome = std::move(o); };
  select(on_recv(returned, take), on_timeout(hook.deadline));
  if (!outcome) select(on_recv(returned, take), on_timeout(kReturnTime));
  if (!outcome) {
    static_cast<void>(gone.release());  // who is left behind counts itself out one day
    fail("stop-failed part", hook.name, quoted(std::string_view("over its deadline, left behind")));
    return;
  }
  gone->wait();
  if (outcome->error) {
    fail("stop-failed part", hook.name, quoted(outcome->error));
  } else {
    log("stopped part={} ms={}", quoted(hook.name), millis_since(began));
  }
}

// Launched at the beginning: at the end there may be no memory for it.
void Life::watch_shutdown_time() {
  goroutines_.go({.name = "shutdown timeout"}, [shared = shared_, timeout = roster_.options.shutdown_timeout] {
    bool over = false;
    select(on_recv(shared->ending, [](bool) {}), on_recv(shared->over, [&](bool) { over = true; }));
    if (over) return;
    select(on_recv(shared->over, [&](bool) { over = true; }), on_timeout(timeout));
    if (over) return;
    log("over-time code={} seconds={} still-running={}", kExitTimeout, std::chrono::duration<double>(timeout).count(),
        quoted(std::string_view(shared->still_running.list())));
    dump_goroutines(STDERR_FILENO);
    ::_exit(kExitTimeout);
  });
}

// Twice as often as it is wanted; a scheduler that no longer runs goroutines does not.
void Life::feed_watchdog() {
  const std::chrono::microseconds period = sd_watchdog_period() / 2;
  if (period.count() == 0) return;
  goroutines_.go({.name = "systemd watchdog"}, [shared = shared_, period] {
    bool over = false;
    while (!over) {
      sd_notify("WATCHDOG=1");
      select(on_recv(shared->over, [&](bool) { over = true; }), on_timeout(period));
    }
  });
}

}  // namespace weft::app
