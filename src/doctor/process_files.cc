#include "doctor/process_files.h"

#include <algorithm>
#include <vector>

#include "doctor/cgroup_files.h"
#include "doctor/text_scan.h"

namespace weft::doctor {
namespace {

constexpr double kTicksPerSecond = 100;  // USER_HZ: the same on all Linux that we run on
constexpr double kKibibyte = 1024;

// The texts of the one process among them: "/proc/self/" or "/proc/123/".
class ProcessTexts {
 public:
  explicit ProcessTexts(const FileTexts& files) : files_(files), folder_(folder_of(files)) {}

  std::string_view of_process(std::string_view file) const { return of_machine(folder_ + std::string(file)); }
  std::string_view of_machine(std::string_view path) const {
    const auto found = files_.find(path);
    return found == files_.end() ? std::string_view() : std::string_view(found->second);
  }
  const std::string& folder() const noexcept { return folder_; }

  template <class Use>
  void for_each_task(std::string_view file, Use&& use) const {
    const std::string tasks = folder_ + "task/";
    for (auto at = files_.lower_bound(tasks); at != files_.end() && at->first.starts_with(tasks); ++at) {
      if (std::string_view(at->first).ends_with(file)) use(std::string_view(at->second));
    }
  }

 private:
  static std::string folder_of(const FileTexts& files) {
    for (const std::string_view file : {"/stat", "/status", "/cgroup", "/smaps_rollup", "/environ"}) {
      for (const auto& [path, text] : files) {
        if (!path.starts_with("/proc/") || !path.ends_with(file)) continue;
        const std::string_view process = std::string_view(path).substr(6, path.size() - 6 - file.size());
        const bool number = !process.empty() && process.find_first_not_of("0123456789") == std::string_view::npos;
        if (number || process == "self") return path.substr(0, path.size() - file.size() + 1);
      }
    }
    return "/proc/self/";
  }

  const FileTexts& files_;
  std::string folder_;
};

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  Cursor at(text);
  while (words.size() < 128) {
    at.skip_blanks();
    const std::string_view word = at.word();
    if (word.empty()) break;
    words.push_back(word);
  }
  return words;
}

// "VmRSS:     16260 kB", in bytes; without "kB" as it stands.
std::optional<double> colon_field(std::string_view text, std::string_view key) {
  std::optional<double> value;
  for_each_line(text, [&](std::string_view line) {
    Cursor at(line);
    if (value || !at.skip(key) || !at.skip(":")) return;
    at.skip_blanks();
    value = at.number();
    at.skip_blanks();
    if (value && at.skip("kB")) *value *= kKibibyte;
  });
  return value;
}

// The name in parentheses may hold blanks and parentheses; the fields count from the last one.
void read_stat(std::string_view text, ProcessState& state) {
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return;
  const std::vector<std::string_view> fields = words_of(text.substr(name_end + 1));
  constexpr std::size_t kUser = 11, kSystem = 12, kThreads = 17, kStart = 19;  // field 3 of proc(5) is number 0 here
  const auto field = [&](std::size_t i) { return i < fields.size() ? parse_number(fields[i]) : std::nullopt; };
  const auto user = field(kUser), system = field(kSystem), threads = field(kThreads), start = field(kStart);
  if (user && system) state.cpu_seconds = (*user + *system) / kTicksPerSecond;
  if (threads && *threads > 0 && *threads < 1e9) state.threads = static_cast<int>(*threads);
  if (start) state.start_seconds = *start / kTicksPerSecond;
}

void read_status(std::string_view text, ProcessState& state) {
  state.resident_bytes = colon_field(text, "VmRSS");
  state.resident_peak_bytes = colon_field(text, "VmHWM");
  const auto threads = colon_field(text, "Threads");
  if (threads && *threads > 0 && *threads < 1e9) state.threads = static_cast<int>(*threads);
  for_each_line(text, [&](std::string_view line) {
    Cursor at(line);
    if (at.skip("Cpus_allowed_list:")) state.cpuset_cpus = count_cpu_list(at.rest());
  });
}

void read_memory_map(std::string_view text, ProcessState& state) {
  if (const auto resident = colon_field(text, "Rss")) state.resident_bytes = resident;
  state.lazy_free_bytes = colon_field(text, "LazyFree");
}

// The process's own file is only of its first thread; that is all of it where there is no other.
void read_run_queue_wait(const ProcessTexts& texts, ProcessState& state) {
  std::optional<double> nanos;
  const auto add = [&](std::string_view text) {
    const std::vector<std::string_view> words = words_of(text);
    const auto wait = words.size() >= 2 ? parse_number(words[1]) : std::nullopt;
    if (wait) nanos = nanos.value_or(0) + *wait;
  };
  texts.for_each_task("/schedstat", add);
  if (!nanos && state.threads == 1) add(texts.of_process("schedstat"));
  if (nanos) state.run_queue_wait_seconds = *nanos * 1e-9;
}

void read_environment(std::string_view text, ProcessState& state) {
  for_each_part(text, '\0', [&](std::string_view entry) {
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) return;
    const std::string_view name = entry.substr(0, equals);
    const bool wanted = name == "GOGC" || name == "GOMEMLIMIT" || name == "GOMAXPROCS" || name == "GODEBUG" ||
                        name.starts_with("WEFT_");
    if (wanted) state.environment.emplace(name, entry.substr(equals + 1));
  });
}

// "cpu  user nice system idle iowait irq softirq steal guest guest_nice"; guest is within user.
void read_machine_stat(std::string_view text, ProcessState& state) {
  double cpus = 0;
  for_each_line(text, [&](std::string_view line) {
    if (!line.starts_with("cpu")) return;
    if (!line.starts_with("cpu ")) {
      ++cpus;
      return;
    }
    const std::vector<std::string_view> words = words_of(line);
    constexpr std::size_t kSteal = 8;
    double sum = 0, steal = 0;
    for (std::size_t i = 1; i < words.size() && i <= kSteal; ++i) {
      const double ticks = parse_number(words[i]).value_or(0);
      sum += ticks;
      if (i == kSteal) steal = ticks;
    }
    if (!(sum > 0)) return;
    state.machine_cpu_ticks = sum;
    state.machine_steal_ticks = steal;
    state.steal_share = steal / sum;
  });
  if (cpus > 0) state.machine_cpus = cpus;
}

std::string_view mountinfo_of(const ProcessTexts& texts) {
  const std::string_view of_reader = texts.of_machine("/proc/self/mountinfo");  // whose mounts the paths go through
  return of_reader.empty() ? texts.of_process("mountinfo") : of_reader;
}

}  // namespace

ProcessState read_process_state(const FileTexts& files) {
  ProcessState state;
  const ProcessTexts texts(files);
  read_stat(texts.of_process("stat"), state);
  read_status(texts.of_process("status"), state);
  read_memory_map(texts.of_process("smaps_rollup"), state);
  read_run_queue_wait(texts, state);
  read_environment(texts.of_process("environ"), state);
  read_machine_stat(texts.of_machine("/proc/stat"), state);
  state.machine_memory_bytes = colon_field(texts.of_machine("/proc/meminfo"), "MemTotal");
  if (!state.machine_cpus) state.machine_cpus = count_cpu_list(texts.of_machine("/sys/devices/system/cpu/online"));
  read_cgroups(files, texts.of_process("cgroup"), mountinfo_of(texts), state);
  if (!state.cpu_pressure_percent) {
    Cursor at(texts.of_machine("/proc/pressure/cpu"));
    if (at.skip("some avg10=")) state.cpu_pressure_percent = at.number();
  }
  return state;
}

}  // namespace weft::doctor
