#include "lab/harness/machine_facts.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "lab/harness/process.h"
#include "os/cpu_limit.h"

namespace lab {
namespace {

// The value behind the first line of `path` that starts with `key`; empty when there is none.
std::string line_value(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t at = line.find_first_not_of(" \t:", key.size());
    return at == std::string::npos ? "" : line.substr(at);
  }
  return "";
}

std::string first_line(std::string text) { return text.substr(0, text.find('\n')); }

std::string kernel() {
  utsname name{};
  ::uname(&name);
  return std::string(name.sysname) + " " + name.release + " " + name.machine;
}

std::string virtualisation() {
  const std::string flags = " " + line_value("/proc/cpuinfo", "flags") + " ";
  if (flags.find(" hypervisor ") == std::string::npos) return "none seen";
  return "virtual machine (the processor says so)";
}

std::string governor() {
  const std::string text = line_value("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "");
  return text.empty() ? "not visible here" : text;
}

// Children inherit it: with a real-time priority, others on the machine hardly disturb the numbers.
std::string priority() {
  const int policy = ::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
  if (policy == SCHED_FIFO || policy == SCHED_RR) return "real-time";
  return "nice " + std::to_string(::getpriority(PRIO_PROCESS, 0));
}

std::string memory() {
  const double kib = std::strtod(line_value("/proc/meminfo", "MemTotal").c_str(), nullptr);
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GB", kib * 1024 / 1e9);
  return text;
}

std::string compiler() {
#ifdef __clang__
  return "clang " __clang_version__ ", " WEFT_LAB_BUILD_TYPE;
#else
  return "GCC " __VERSION__ ", " WEFT_LAB_BUILD_TYPE;
#endif
}

std::string commit(const std::string& folder) {
  const Ended head = run_program({.words = {"git", "-C", folder, "rev-parse", "--short=12", "HEAD"}});
  if (!head.ok()) return "unknown";
  const Ended changes = run_program({.words = {"git", "-C", folder, "status", "--porcelain", "--untracked-files=no"}});
  return first_line(head.out) + (changes.out.empty() ? "" : " with local changes");
}

double clock_cost() {
  using Clock = std::chrono::steady_clock;
  constexpr int kReadings = 100000;
  const Clock::time_point start = Clock::now();
  Clock::time_point last = start;
  for (int i = 0; i < kReadings; ++i) last = Clock::now();
  return static_cast<double>((last - start).count()) / kReadings;
}

}  // namespace

double load_average() {
  double load = 0;
  return ::getloadavg(&load, 1) == 1 ? load : 0;
}

MachineFacts machine_facts(const std::string& source_folder) {
  const weft::os::CpuLimit limit = weft::os::CpuLimits().read();
  MachineFacts facts;
  facts.cores = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  facts.affinity = limit.affinity;
  facts.quota = limit.quota;
  facts.processors = limit.processors;
  facts.load_average = load_average();
  facts.clock_ns = clock_cost();
  facts.texts = {{"processor", line_value("/proc/cpuinfo", "model name")},
                 {"virtualisation", virtualisation()},
                 {"governor", governor()},
                 {"priority", priority()},
                 {"memory", memory()},
                 {"kernel", kernel()},
                 {"compiler", compiler()},
                 {"commit", commit(source_folder)}};
  return facts;
}

}  // namespace lab
