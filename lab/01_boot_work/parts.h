// What the service needs before it can answer: backends to dial, patterns to compile, a cache to fill. Its Go
// counterpart is go/parts.go.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lab {

/// From the environment, for what runs before main() has no arguments: LAB_BACKEND, LAB_CACHE_ROUNDS, LAB_WORKERS.
struct Settings {
  std::string backend;        // "host:port" of who greets each client a while after it has connected
  std::int64_t cache_rounds;  // lab::burn for all of the cache
  std::string workers;        // the setting that may be wrong: a number of 1 or more
};
const Settings& settings();

/// What is wrong with the settings; empty: nothing.
std::string setting_error();

inline constexpr int kBackends = 3;
inline constexpr int kPatterns = 60;
inline constexpr int kCacheEntries = 100;

/// Connects and waits to be greeted. Throws std::system_error.
void dial_backend();

std::unique_ptr<re2::RE2> compile_pattern(int number);

/// One entry of the cache.
std::uint64_t cache_entry(int number);
std::vector<std::uint64_t> fill_cache();

/// The request of the lab asks for pattern 7 and entry 7: "/items/7/part7/abc".
inline constexpr int kAsked = 7;

}  // namespace lab
