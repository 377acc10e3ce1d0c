#include "weft/app.h"

#include "app/life.h"
#include "app/roster.h"
#include "weft/health.h"
#include "weft/runtime.h"

namespace weft {

namespace detail {

class AppCore {
 public:
  explicit AppCore(AppOptions options) : roster(options) {}

  app::Roster roster;
  Chan<void> stop = make_chan<void>(1);
};

}  // namespace detail

App::App(AppOptions options) : core_(std::make_unique<detail::AppCore>(options)) {}
App::~App() = default;

void App::add_validation(std::string name, detail::AppStep step) {
  core_->roster.admit("validate", name);
  core_->roster.validations.push_back({std::move(name), std::move(step)});
}

void App::add_start(std::string name, detail::AppStep step, StartOptions options) {
  core_->roster.admit("start", name);
  core_->roster.parts.push_back({{std::move(name), std::move(step)}, std::move(options.after)});
}

void App::add_warmup(std::string name, detail::AppStep step, WarmupOptions options) {
  core_->roster.admit("warmup", name);
  core_->roster.warmups.push_back({{std::move(name), std::move(step)}, options.required});
}

void App::add_server(std::string name, detail::AppServer server, ServeOptions options) {
  core_->roster.admit("serve", name);
  core_->roster.servers.push_back({std::move(name), std::move(server), options.early});
}

void App::add_reload(std::string name, detail::AppStep step) {
  core_->roster.admit("on_reload", name);
  core_->roster.reloads.push_back({std::move(name), std::move(step)});
}

void App::add_hook(std::string name, std::chrono::nanoseconds deadline, detail::AppStep step) {
  core_->roster.add_hook({{std::move(name), std::move(step)}, deadline});
}

int App::run() {
  static detail::Atomic<bool> one_runs{false};
  if (one_runs.exchange(true, std::memory_order_acquire)) throw usage_error("weft::App::run: another App runs");
  struct Ran {
    ~Ran() { one_runs.store(false, std::memory_order_release); }
  } ran;
  core_->roster.begin_run();
  app::start_order(core_->roster.parts, core_->roster.validations);  // its faults are the caller's to catch
  const auto lead = [this] { return app::Life(core_->roster, core_->stop).run(); };
  return detail::on_goroutine() ? lead() : weft::run(lead);
}

void App::stop() noexcept { core_->stop.try_send(); }

bool App::ready() const noexcept { return health::ready(); }

}  // namespace weft
