#include "bench/micro/harness.h"

#include <cstdio>
#include <cstring>
#include <fstream>

namespace bench {
namespace {

std::vector<Row>& rows() {
  static std::vector<Row> all;
  return all;
}

Config& mutable_config() {
  static Config the_config;
  return the_config;
}

int usage(const char* program) {
  std::fprintf(stderr, "usage: %s --list | --row NAME [--quick]\n", program);
  return 2;
}

int list_rows() {
  for (const Row& row : rows()) std::printf("%s\n", row.name.c_str());
  return 0;
}

int run_row(const std::string& name, Enter enter) {
  for (const Row& row : rows()) {
    if (row.name != name) continue;
    enter(row);
    return 0;
  }
  std::fprintf(stderr, "no row '%s'; --list prints those there are\n", name.c_str());
  return 2;
}

}  // namespace

const Config& config() { return mutable_config(); }

Register::Register(std::string name, int processors, void (*body)(const std::string& name)) {
  rows().push_back({std::move(name), processors, body});
}

int bench_main(int argc, char** argv, Enter enter) {
  std::string name;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--list") == 0) return list_rows();
    if (std::strcmp(argv[i], "--quick") == 0) {
      mutable_config() = {std::chrono::milliseconds(40), true};
    } else if (std::strcmp(argv[i], "--row") == 0 && i + 1 < argc) {
      name = argv[++i];
    } else {
      return usage(argv[0]);
    }
  }
  return name.empty() ? usage(argv[0]) : run_row(name, enter);
}

void emit(const std::string& name, double value, const char* unit, const std::vector<Field>& fields) {
  std::printf(R"({"name": "%s", "value": %.4g, "unit": "%s")", name.c_str(), value, unit);
  for (const Field& field : fields) std::printf(R"(, "%s": %.4g)", field.first, field.second);
  std::printf("}\n");
  std::fflush(stdout);
}

std::uint64_t next_count(std::uint64_t count, Nanoseconds elapsed) {
  const double each = std::max(1.0, static_cast<double>(elapsed.count())) / static_cast<double>(count);
  const double wanted = 1.2 * static_cast<double>(config().target.count()) / each;
  return std::clamp(static_cast<std::uint64_t>(wanted), count + 1, count * 10);
}

double Lateness::percentile_milliseconds(double fraction) const {
  const std::size_t last = samples_.size() - 1;
  return static_cast<double>(samples_[static_cast<std::size_t>(fraction * static_cast<double>(last))]) / 1e6;
}

void Lateness::sort() {
  if (samples_.empty()) samples_.push_back(0);
  std::sort(samples_.begin(), samples_.end());
}

void Lateness::emit_milliseconds(const std::string& name, const std::vector<Field>& more) {
  const double p99 = p99_milliseconds();
  std::vector<Field> fields = {{"p50", percentile_milliseconds(0.5)},
                               {"max", percentile_milliseconds(1)},
                               {"samples", static_cast<double>(samples_.size())}};
  fields.insert(fields.end(), more.begin(), more.end());
  emit(name, p99, "ms", fields);
}

double Lateness::p99_milliseconds() {
  sort();
  return percentile_milliseconds(0.99);
}

void Lateness::emit_median_milliseconds(const std::string& name) {
  sort();
  emit(name, percentile_milliseconds(0.5), "ms",
       {{"p99", percentile_milliseconds(0.99)}, {"max", percentile_milliseconds(1)}});
}

Memory read_memory() {
  std::ifstream status("/proc/self/status");
  Memory memory{};
  std::string key;
  double kilobytes = 0;
  for (std::string line; status >> key;) {
    if (key == "VmRSS:" && status >> kilobytes) memory.resident_bytes = kilobytes * 1024;
    if (key == "VmPTE:" && status >> kilobytes) memory.page_table_bytes = kilobytes * 1024;
    std::getline(status, line);
  }
  return memory;
}

[[gnu::noinline]] std::uint64_t burn(int steps, std::uint64_t seed) {
  for (int i = 0; i < steps; ++i) seed = seed * 6364136223846793005U + 1442695040888963407U;
  return seed;
}

}  // namespace bench
