#include "sched/config.h"

#include <unistd.h>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/fatal.h"
#include "os/cpu_timer.h"
#include "sched/cpu_follower.h"
#include "sched/stack_pool.h"
#include "weft/detail/park.h"

namespace weft::sched {
namespace {

constexpr int kExitConfig = 78;  // EX_CONFIG of sysexits.h

[[noreturn]] void refuse(std::string_view variable, std::string_view value, std::string_view allowed) noexcept {
  constexpr std::size_t kShown = 100;
  base::LineBuffer line;
  line.text("weft: ").text(variable).text("=\"").printable(value.substr(0, kShown));
  line.text(value.size() > kShown ? "...\": allowed is " : "\": allowed is ").text(allowed).text("\n");
  line.write(STDERR_FILENO);
  ::_exit(kExitConfig);
}

bool read_number(std::string_view text, std::int64_t least, std::int64_t most, std::int64_t& out) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out >= least && out <= most;
}

// "262144", "256K", "1M", "1G".
bool read_bytes(std::string_view text, std::int64_t least, std::int64_t most, std::int64_t& out) noexcept {
  std::int64_t unit = 1;
  if (!text.empty()) {
    const char last = text.back();
    if (last == 'K' || last == 'k') unit = std::int64_t{1} << 10;
    if (last == 'M' || last == 'm') unit = std::int64_t{1} << 20;
    if (last == 'G' || last == 'g') unit = std::int64_t{1} << 30;
    if (unit != 1) text.remove_suffix(1);
  }
  if (!read_number(text, 0, most / unit, out)) return false;
  out *= unit;
  return out >= least;
}

void read_debug(Config& config, std::string_view all) noexcept {
  constexpr std::string_view kAllowed =
      "a comma-separated list of migrate=0|1, longrunners=0|1, schedtrace=MILLISECONDS (0 to 3600000)";
  std::string_view rest = all;
  bool more = !all.empty();
  while (more) {
    const std::size_t comma = rest.find(',');
    const std::string_view item = rest.substr(0, comma);
    more = comma != std::string_view::npos;
    rest.remove_prefix(more ? comma + 1 : rest.size());
    const std::size_t equals = item.find('=');
    const std::string_view key = item.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? std::string_view{} : item.substr(equals + 1);
    std::int64_t number = 0;
    if (key == "migrate" && read_number(value, 0, 1, number)) {
      config.migrate = number == 1;
    } else if (key == "longrunners" && read_number(value, 0, 1, number)) {
      config.long_runners = number == 1;
    } else if (key == "schedtrace" && read_number(value, 0, 3'600'000, number)) {
      config.schedtrace_nanos = number * 1'000'000;
    } else {
      refuse("WEFT_DEBUG", all, kAllowed);
    }
  }
}

void read_max_procs(Config& config) {
  if (const char* value = std::getenv("WEFT_MAXPROCS")) {
    std::int64_t number = 0;
    if (!read_number(value, 1, detail::kMaxProcessors, number))
      refuse("WEFT_MAXPROCS", value, "a whole number from 1 to 256");
    config.max_procs = static_cast<int>(number);
    return;
  }
  config.max_procs = allowed_processors();
  config.follows_cpu_limit = true;
}

}  // namespace

Config read_config() {
  Config config;
  read_max_procs(config);
  config.long_runners = os::cpu_timers_spare_system_calls();
  if (const char* value = std::getenv("WEFT_STACK_BYTES")) {
    std::int64_t bytes = 0;
    if (!read_bytes(value, StackPool::kSmallestBytes, StackPool::kLargestBytes, bytes)) {
      refuse("WEFT_STACK_BYTES", value, "16K to 1G, as bytes or with the suffix K, M or G");
    }
    config.stack_bytes = static_cast<std::size_t>(bytes);
  }
  config.stack_class = StackPool::class_of(config.stack_bytes);
  if (const char* value = std::getenv("WEFT_PREEMPT")) {
    const std::string_view preempt = value;
    if (preempt == "detach") {
      config.preempt = Preempt::kDetach;
    } else if (preempt == "suspend") {
      config.preempt = Preempt::kSuspend;
    } else if (preempt == "off") {
      config.preempt = Preempt::kOff;
    } else {
      refuse("WEFT_PREEMPT", value, "detach, suspend or off");
    }
  }
  if (const char* value = std::getenv("WEFT_DEBUG")) read_debug(config, value);
  return config;
}

}  // namespace weft::sched
