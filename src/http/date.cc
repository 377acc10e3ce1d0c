#include "http/date.h"

#include <fmt/format.h>
#include <time.h>
#include <algorithm>

#include "weft/detail/leaf_section.h"
#include "weft/detail/spin_lock.h"

namespace weft::http {

std::array<char, 29> http_date(std::time_t second) noexcept {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  tm parts{};
  ::gmtime_r(&second, &parts);
  std::array<char, 29> text{};
  fmt::format_to_n(text.data(), text.size(), "{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[parts.tm_wday],
                   parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
                   parts.tm_sec);
  return text;
}

std::array<char, 29> http_date() noexcept {
  struct Cache {
    detail::SpinLock lock;
    time_t second = -1;
    std::array<char, 29> text{};
  };
  static constinit Cache cache;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  const detail::LeafSection section;
  const detail::SpinGuard guard(cache.lock);
  if (cache.second != now.tv_sec) {
    cache.text = http_date(now.tv_sec);
    cache.second = now.tv_sec;
  }
  return cache.text;
}

std::optional<std::time_t> parse_http_date(std::string_view text) noexcept {
  std::array<char, 30> terminated{};
  if (text.size() != terminated.size() - 1) return std::nullopt;
  std::copy(text.begin(), text.end(), terminated.begin());
  tm parts{};
  const char* const end = ::strptime(terminated.data(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end != terminated.data() + text.size()) return std::nullopt;
  return ::timegm(&parts);
}

}  // namespace weft::http
