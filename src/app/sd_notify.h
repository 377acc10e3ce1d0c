// systemd's notification protocol: a datagram to the socket that $NOTIFY_SOCKET names. Without libsystemd.
#pragma once

#include <chrono>
#include <string_view>

namespace weft::app {

/// Sends `state` ("READY=1", lines of NAME=value). False: nobody is there to be told, or does not listen.
/// Thread safety  any
bool sd_notify(std::string_view state) noexcept;

/// How often systemd wants to hear WATCHDOG=1 at least ($WATCHDOG_USEC, if it means this process); 0: not at all.
std::chrono::microseconds sd_watchdog_period() noexcept;

}  // namespace weft::app
