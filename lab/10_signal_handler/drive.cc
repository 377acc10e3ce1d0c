// Signals to the service, and how it takes them. --case clean: one; second: one more while it cleans up; behind-reload:
// the end is asked for while it reloads and another reload is pending.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "lab/support/program.h"
#include "lab/support/service.h"

namespace {

using lab::Service;
using std::chrono::milliseconds;

constexpr double kPromptMs = 100;

std::int64_t lost_items(Service& service) { return std::strtoll(service.expect("lost ").c_str(), nullptr, 10); }

double passed_ms(Service::Clock::time_point since, Service::Clock::time_point until) {
  return std::chrono::duration<double, std::milli>(until - since).count();
}

/// Waits for the end that was asked for at `since`; a service that does not heed it is given up after --patience-ms.
void report_end(Service& service, const lab::Arguments& arguments, Service::Clock::time_point since) {
  lab::Report report;
  const auto ended = service.end(arguments.milliseconds("patience-ms"));
  report.set("exit_ms", ended ? passed_ms(since, *ended) : static_cast<double>(arguments.integer("patience-ms")));
  report.set("ignored", std::int64_t{ended ? 0 : 1});
  report.set("honoured", std::int64_t{ended && passed_ms(since, *ended) <= kPromptMs ? 1 : 0});
  report.print();
}

void clean(Service& service, const lab::Arguments& arguments) {
  const auto since = Service::Clock::now();
  service.send(SIGTERM);
  lab::Report report;
  report.set("lost", lost_items(service));
  const auto ended = service.end(arguments.milliseconds("patience-ms"));
  if (!ended || service.exit_code() != 0) {
    std::fputs("the service has not ended with exit code 0\n", stderr);
    std::exit(1);
  }
  report.set("exit_ms", passed_ms(since, *ended));
  report.print();
}

void pause(milliseconds time) {
  const timespec left{time.count() / 1000, static_cast<long>(time.count() % 1000) * 1'000'000};
  ::nanosleep(&left, nullptr);
}

void second(Service& service, const lab::Arguments& arguments) {
  service.send(SIGTERM);
  pause(arguments.milliseconds("between-ms"));
  const auto since = Service::Clock::now();
  service.send(SIGTERM);
  report_end(service, arguments, since);
}

void behind_reload(Service& service, const lab::Arguments& arguments) {
  service.send(SIGHUP);
  service.expect("reloads");
  service.send(SIGHUP);
  pause(arguments.milliseconds("between-ms"));  // until it has been delivered
  const auto since = Service::Clock::now();
  service.send(SIGTERM);
  report_end(service, arguments, since);
}

}  // namespace

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  Service service({arguments.text("program"), "--items", arguments.text("items"), "--item-us",
                   arguments.text("item-us"), "--reload-ms", arguments.text("reload-ms")});
  service.expect("ready");
  const std::string& which = arguments.text("case");
  if (which == "clean") clean(service, arguments);
  if (which == "second") second(service, arguments);
  if (which == "behind-reload") behind_reload(service, arguments);
}
