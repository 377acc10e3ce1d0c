#include "http/date.h"

#include <fmt/format.h>
#include <time.h>

#include "weft/detail/leaf_section.h"
#include "weft/detail/spin_lock.h"

namespace weft::http {
namespace {

void format(time_t second, std::array<char, 29>& text) noexcept {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  tm parts{};
  ::gmtime_r(&second, &parts);
  fmt::format_to_n(text.data(), text.size(), "{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[parts.tm_wday],
                   parts.tm_mday, kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
                   parts.tm_sec);
}

}  // namespace

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
    format(now.tv_sec, cache.text);
    cache.second = now.tv_sec;
  }
  return cache.text;
}

}  // namespace weft::http
