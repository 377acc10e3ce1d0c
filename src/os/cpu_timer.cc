#include "os/cpu_timer.h"

#include <sys/utsname.h>
#include <csignal>
#include <cstdio>

#include "os/errno_guard.h"

#ifndef sigev_notify_thread_id  // glibc names it so from 2.39 on
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace weft::os {

bool cpu_timers_spare_system_calls() noexcept {
  constexpr int kMajor = 5, kMinor = 18;
  utsname system;
  int major = 0, minor = 0;
  if (::uname(&system) != 0 || std::sscanf(system.release, "%d.%d", &major, &minor) != 2) return false;
  return major > kMajor || (major == kMajor && minor >= kMinor);
}

bool start_cpu_timer(std::int32_t thread_id, int signal_number, void* value, std::int64_t nanos,
                     timer_t& timer) noexcept {
  const ErrnoGuard guard;
  const auto clock = static_cast<clockid_t>((~static_cast<std::uint32_t>(thread_id) << 3) | 6u);  // as in clock.h
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal_number;
  event.sigev_value.sival_ptr = value;
  event.sigev_notify_thread_id = thread_id;
  if (::timer_create(clock, &event, &timer) != 0) return false;
  itimerspec once{};
  once.it_value = {static_cast<time_t>(nanos / 1'000'000'000), static_cast<long>(nanos % 1'000'000'000)};
  if (::timer_settime(timer, 0, &once, nullptr) == 0) return true;
  ::timer_delete(timer);
  return false;
}

void stop_cpu_timer(timer_t timer) noexcept {
  const ErrnoGuard guard;
  ::timer_delete(timer);
}

}  // namespace weft::os
