// weft/app.h: App, which leads a service through its life: validate, start, warmup, serve, drain, stop; AppOptions,
// StartOptions, WarmupOptions, ServeOptions.
// Not here: signals for other ends (signal.h), what /readyz asks (health.h). Guide: docs/guide/shutdown.md
//
//   validate   all checks, in turn; nothing has started yet      a failure: exit code 78 (EX_CONFIG)
//   start      each part once those it comes after have started, independent ones in parallel
//                                                                a failure: the others are cancelled, what has started
//                                                                is stopped, exit code 1
//   ready      parts started, required warm-ups done, servers serving: health::ready(), READY=1 for systemd
//   reload     at SIGHUP, if anything is registered; RELOADING=1 and READY=1 for systemd
//   drain      at SIGTERM, SIGINT or stop(): not ready at once; after drain_delay the servers end what they have begun
//   stop       the shutdown functions, last started first, each within its deadline; exit code 0
//
// A second signal ends the process at once (exit code 130 or 143), whatever it is busy with. A shutdown that takes
// longer than shutdown_timeout ends it with 124, the names of what still runs and a dump of the goroutines.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/context.h"
#include "weft/detail/spawn.h"

namespace weft {

struct AppOptions {
  std::chrono::nanoseconds shutdown_timeout = std::chrono::seconds(30);  // from the signal to exit code 124
  std::chrono::nanoseconds drain_delay{0};  // from "not ready" until the listeners close: load balancers lag behind
};

struct StartOptions {
  std::vector<std::string> after = {};  // names of parts, or of validations
};

struct WarmupOptions {
  bool required = false;  // readiness waits for it, and its failure ends the program with exit code 1
};

struct ServeOptions {
  bool early = false;  // serves before the first part starts and until the last has stopped: for health checks
};

namespace detail {

class AppCore;
using AppStep = std::function<void(const Context&)>;

/// `f(context)` or `f()`, whichever it takes; it need not be copyable.
template <class F>
AppStep app_step(F&& f) {
  auto held = std::make_shared<std::decay_t<F>>(std::forward<F>(f));
  return [held](const Context& context) {
    if constexpr (std::is_invocable_v<std::decay_t<F>&, const Context&>) {
      std::invoke(*held, context);
    } else {
      static_assert(std::is_invocable_v<std::decay_t<F>&>, "weft::App: the function takes a weft::Context, or nothing");
      std::invoke(*held);
    }
  };
}

struct AppServer {
  std::function<void()> serve;  // returns once it was shut down
  std::function<void(const Context&, std::error_code&)> shutdown;
};

}  // namespace detail

/// One a process at a time. Move is not needed: it lives in main().
///
/// Usage faults   usage_error: a name that another of its kind has, an empty function, a time that is not above 0,
///                anything but on_shutdown() once run() has begun, run() while another App runs
/// Thread safety  on_shutdown(), stop() and ready() from anywhere; the rest from one thread
class App {
 public:
  explicit App(AppOptions options = {});
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  /// `f()` checks a precondition and throws if it does not hold. All are run, so that all that is wrong is told.
  template <class F>
  void validate(std::string name, F&& f) {
    detail::require_callable(f, "weft::App::validate");
    add_validation(std::move(name), detail::app_step(std::forward<F>(f)));
  }

  /// `f(context)`, or `f()`, starts a part and returns when it has started. The context is done when the start is given
  /// up, and otherwise once the servers have drained: what the part does in the background may live by it.
  template <class F>
  void start(std::string name, F&& f, StartOptions options = {}) {
    detail::require_callable(f, "weft::App::start");
    add_start(std::move(name), detail::app_step(std::forward<F>(f)), std::move(options));
  }

  /// Runs `f(context)`, or `f()`, in the background once all parts have started. The context is that of start().
  template <class F>
  void warmup(std::string name, F&& f, WarmupOptions options = {}) {
    detail::require_callable(f, "weft::App::warmup");
    add_warmup(std::move(name), detail::app_step(std::forward<F>(f)), options);
  }

  /// Has `server.serve(listener)` run once all parts have started, and `server.shutdown(context, error)` when draining:
  /// that is to close the listener, wait for what has begun while the context is not done, and have serve() return; if
  /// that fails `server.close()`, where there is such a thing, ends what still runs. A serve() that returns before ends
  /// the program with exit code 1. `server` must outlive run().
  template <class Server, class Listener>
  void serve(std::string name, Server& server, Listener listener, ServeOptions options = {}) {
    auto held = std::make_shared<Listener>(std::move(listener));
    add_server(std::move(name),
               {[&server, held] { server.serve(std::move(*held)); },
                [&server](const Context& context, std::error_code& error) {
                  server.shutdown(context, error);
                  if constexpr (requires { server.close(); }) {
                    if (error) server.close();
                  }
                }},
               options);
  }

  /// Has `f(context)`, or `f()`, run at every SIGHUP once the program is ready; while one reload runs, further signals
  /// become one more. All run in turn, in the order of their registration, on a goroutine; the first that throws is
  /// reported, the rest are left out, and the program goes on with what it had. The context is that of start().
  template <class F>
  void on_reload(std::string name, F&& f) {
    detail::require_callable(f, "weft::App::on_reload");
    add_reload(std::move(name), detail::app_step(std::forward<F>(f)));
  }

  /// Has `f(context)`, or `f()`, run when the program stops; its context is done after `deadline`, and one that does
  /// not return by then is left behind. The last registered runs first. One that has the name of a part runs when that
  /// part's turn comes, last started first, and only if it has started. May be called while parts start.
  template <class F>
  void on_shutdown(std::string name, std::chrono::nanoseconds deadline, F&& f) {
    detail::require_callable(f, "weft::App::on_shutdown");
    add_hook(std::move(name), deadline, detail::app_step(std::forward<F>(f)));
  }

  /// Leads the program through all of it.
  ///
  /// Returns        the exit code: 0 after a clean end; 78, 1 as above; 1 as well where a shutdown function failed or
  ///                was left behind, or a server could not drain
  /// Errors         those of signal::notify() and go()
  /// Usage faults   usage_error for a part after an unknown one, or after itself by way of others; for a second run()
  /// Blocking       the goroutine; on a plain thread it is weft::run()
  [[nodiscard]] int run();

  /// Asks for the end, as a first SIGTERM does. A SIGTERM that follows is the first still: it hurries nobody.
  void stop() noexcept;

  /// health::ready(), for a program with this App.
  bool ready() const noexcept;

 private:
  void add_validation(std::string name, detail::AppStep step);
  void add_start(std::string name, detail::AppStep step, StartOptions options);
  void add_warmup(std::string name, detail::AppStep step, WarmupOptions options);
  void add_server(std::string name, detail::AppServer server, ServeOptions options);
  void add_reload(std::string name, detail::AppStep step);
  void add_hook(std::string name, std::chrono::nanoseconds deadline, detail::AppStep step);

  std::unique_ptr<detail::AppCore> core_;
};

}  // namespace weft
