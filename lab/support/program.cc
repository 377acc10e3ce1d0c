#include "lab/support/program.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace lab {
namespace {

[[noreturn]] void end_with(const std::string& text) {
  std::fprintf(stderr, "%s: %s\n", program_invocation_short_name, text.c_str());
  std::exit(2);
}

// Measures are plain words, so quotes and backslashes are all that needs an escape; what is below a space is dropped.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) >= ' ') result += c;
  }
  return result + '"';
}

}  // namespace

Arguments::Arguments(int argc, char** argv) {
  if (argc % 2 == 0) end_with("arguments are pairs: --name value");
  for (int i = 1; i < argc; i += 2) {
    std::string_view name = argv[i];
    if (!name.starts_with("--")) end_with("'" + std::string(name) + "': an argument's name starts with --");
    values_[std::string(name.substr(2))] = argv[i + 1];
  }
}

const std::string& Arguments::text(const std::string& name) const {
  auto found = values_.find(name);
  if (found == values_.end()) end_with("--" + name + " is missing");
  return found->second;
}

std::int64_t Arguments::integer(const std::string& name) const {
  const std::string& word = text(name);
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size())
    end_with("--" + name + " '" + word + "': not a whole number");
  return value;
}

void Report::set(std::string_view key, double value) {
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.9g", value);
  fields_[std::string(key)] = digits;
}
void Report::set(std::string_view key, std::int64_t value) { fields_[std::string(key)] = std::to_string(value); }
void Report::set(std::string_view key, std::string_view text) { fields_[std::string(key)] = quoted(text); }

void Report::print() const {
  std::string line = "{";
  for (const auto& [key, value] : fields_) line += (line.size() > 1 ? "," : "") + quoted(key) + ":" + value;
  std::puts((line + "}").c_str());
}

std::int64_t percentile(std::span<std::int64_t> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto at = static_cast<std::size_t>(share * static_cast<double>(values.size()));
  return values[std::min(at, values.size() - 1)];
}

std::int64_t peak_resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtoll(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return 0;
}

std::int64_t page_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

}  // namespace lab
