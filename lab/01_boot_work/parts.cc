#include "lab/01_boot_work/parts.h"

#include <array>
#include <charconv>
#include <cstdlib>

#include "lab/support/program.h"
#include "weft/net.h"

namespace lab {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

const Settings& settings() {
  static const Settings read{.backend = environment("LAB_BACKEND"),
                             .cache_rounds = std::atoll(environment("LAB_CACHE_ROUNDS").c_str()),
                             .workers = environment("LAB_WORKERS")};
  return read;
}

std::string setting_error() {
  const std::string& text = settings().workers;
  int workers = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), workers);
  if (failed == std::errc() && end == text.data() + text.size() && workers >= 1) return "";
  return "LAB_WORKERS=" + text + ": a number of 1 or more is needed";
}

void dial_backend() {
  auto stream = weft::net::TcpStream::connect(settings().backend);
  std::array<char, 1> greeting;
  stream.read_full(std::as_writable_bytes(std::span(greeting)));
}

std::unique_ptr<re2::RE2> compile_pattern(int number) {
  return std::make_unique<re2::RE2>("^/items/(\\d+)/part" + std::to_string(number) +
                                    "/([a-z]+|\\p{Greek}{2,5})(?:\\?(\\w+)=(\\w*))?$");
}

std::uint64_t cache_entry(int number) {
  return burn(settings().cache_rounds / kCacheEntries, static_cast<std::uint64_t>(number));
}

std::vector<std::uint64_t> fill_cache() {
  std::vector<std::uint64_t> cache;
  for (int i = 0; i < kCacheEntries; ++i) cache.push_back(cache_entry(i));
  return cache;
}

}  // namespace lab
