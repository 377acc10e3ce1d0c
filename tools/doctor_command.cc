// `weft doctor`: which cost of the runtime fires in a service, the evidence, the lever, and when not to pull it; a
// whole fleet by its Prometheus. `weft size`: where the bytes of an executable are.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <memory>

#include "doctor/binary_size.h"
#include "doctor/command.h"
#include "doctor/fleet.h"
#include "tools/command_line.h"

namespace weft::tools {
namespace {

using doctor::DoctorOptions;

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 100;
  return std::clamp<std::size_t>(size.ws_col, 60, 140);
}

bool wants_colour() { return ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr; }

void add_options(CLI::App& command, DoctorOptions& options, int& seconds, int& pid) {
  command.add_option("TARGET", options.targets, "profiles, folders of them, the URL of a live debug server");
  command.add_option("--pid", pid, "a process of this machine")->type_name("N")->check(CLI::PositiveNumber);
  command.add_option("--binary", options.binary, "an executable")->type_name("FILE")->check(CLI::ExistingFile);
  command.add_option("--log", options.logs, "a log with gctrace, schedtrace or inittrace lines")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  CLI::Option* before =
      command.add_option("--before", options.before, "what was captured before a change")->type_name("DIR");
  CLI::Option* after = command.add_option("--after", options.after, "and after it")->type_name("DIR");
  before->needs(after);
  after->needs(before);
  command.add_option("--seconds", seconds, "how long the CPU profile of a live service takes")
      ->type_name("N")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  command.add_option("--save", options.save, "keep what a URL or --pid said in this folder, to be judged again")
      ->type_name("DIR");
  command.add_flag("--leaks", options.leaks, "ask a live service for stuck goroutines: costs it a collection");
  command.add_option("--token", options.token, "a bearer token for the URL")->type_name("TOKEN");
  command.add_flag("--insecure", options.insecure, "do not verify the server's certificate");
  command.add_flag("--quiet", options.quiet, "no progress");
  command
      .add_option("--json", options.json, "write the report as JSON to this file; '-': print it in place of the text")
      ->type_name("FILE");
  command.add_option("--html", options.html, "the same as one HTML page with a flame graph")->type_name("FILE");
  command.add_option("--sarif", options.sarif, "the same as SARIF, for code hosts")->type_name("FILE");
  for (CLI::Option* side : {before, after}) {
    for (const char* other : {"TARGET", "--pid", "--binary", "--log", "--save", "--html", "--sarif"}) {
      side->excludes(command.get_option(other));
    }
  }
  command.add_option("--fail-on", options.fail_on, "the least severity that ends with exit code 1")
      ->check(CLI::IsMember({"info", "warning", "high"}))
      ->capture_default_str();
}

void add_fleet_options(CLI::App& command, doctor::FleetOptions& fleet) {
  command.add_option("--prometheus", fleet.prometheus_url, "rank all services that this Prometheus knows")
      ->type_name("URL");
  command.add_option("--match", fleet.match, "only those that fit, as job=\"api\"")->type_name("SELECTOR");
}

// A fleet's table goes where the report of one service would.
int run_fleet(doctor::FleetOptions fleet, const DoctorOptions& options) {
  fleet.json = options.json.has_value();
  fleet.verify_tls = !options.insecure;
  fleet.bearer_token = options.token;
  if (!options.json || *options.json == "-") return doctor::run_fleet(fleet, std::cout, std::cerr);
  std::ofstream file(*options.json);
  const int code = doctor::run_fleet(fleet, file, std::cerr);
  file.flush();
  if (file) return code;
  std::cerr << "weft doctor: " << *options.json << ": not writable\n";
  return kUsageExitCode;
}

void add_size_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<doctor::SizeOptions>();
  CLI::App* command = app.add_subcommand("size", "where the bytes of an executable are, and what stripping would save");
  command->add_option("BINARY", options->binary, "an ELF file")->required();
  command->add_flag("--json", options->json, "print JSON");
  command->add_option("--groups", options->groups, "how many packages or namespaces to list")->capture_default_str();
  command->add_option("--symbols", options->symbols, "how many symbols to list")->capture_default_str();
  command->callback(
      [&action, options] { action = [options] { return doctor::run_size(*options, std::cout, std::cerr); }; });
}

bool names_something(const DoctorOptions& options, int pid) {
  return !options.targets.empty() || pid > 0 || options.binary || !options.logs.empty() || options.before;
}

}  // namespace

void add_doctor_commands(CLI::App& app, Action& action) {
  struct Arguments {
    DoctorOptions options;
    doctor::FleetOptions fleet;
    int seconds = 30, pid = 0;
    std::string rule;
  };
  auto arguments = std::make_shared<Arguments>();
  arguments->options.version = WEFT_VERSION;
  CLI::App* command = app.add_subcommand("doctor", "names the runtime cost that fires in a live or captured service");
  add_options(*command, arguments->options, arguments->seconds, arguments->pid);
  add_fleet_options(*command, arguments->fleet);
  command->footer("exit codes: 0 healthy, 1 findings at or above --fail-on, 2 unusable input");

  CLI::App* explain = command->add_subcommand("explain", "print a rule's card");
  explain->add_option("RULE", arguments->rule, "its id; 'all': the reference of every rule, as Markdown")->required();
  explain->callback([&action, arguments] {
    action = [arguments] {
      return static_cast<int>(doctor::explain(arguments->rule, wants_colour(), std::cout, std::cerr));
    };
  });

  command->callback([&action, arguments, explain] {
    if (explain->parsed()) return;
    DoctorOptions& options = arguments->options;
    if (!arguments->fleet.prometheus_url.empty()) {
      action = [arguments] { return run_fleet(arguments->fleet, arguments->options); };
      return;
    }
    if (!names_something(options, arguments->pid))
      throw CLI::ValidationError("weft doctor", "name a file, a folder, a URL, --pid, --binary, --log or --prometheus");
    if (std::ranges::count(std::array{options.json, options.html, options.sarif}, std::optional<std::string>("-")) > 1)
      throw CLI::ValidationError("weft doctor", "one of --json, --html and --sarif may be '-'");
    options.seconds = std::chrono::seconds(arguments->seconds);
    if (arguments->pid > 0) options.pid = arguments->pid;
    options.colour = wants_colour();
    options.width = terminal_width();
    action = [arguments] { return static_cast<int>(doctor::run_doctor(arguments->options, std::cout, std::cerr)); };
  });
  add_size_command(app, action);
}

}  // namespace weft::tools
