// How sockets are opened, connected and accepted, whatever their family: what tcp.cc, unix.cc and udp.cc share.
#pragma once

#include <sys/socket.h>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include "net/descriptor.h"
#include "weft/context.h"
#include "weft/detail/chan_core.h"
#include "weft/detail/socket.h"

namespace weft::net {

inline constexpr int kBacklog = 4096;

inline detail::WaitLimits limits_of(const Context& ctx) noexcept { return {.done = detail::context_done(ctx)}; }

// The context's own reason in place of "its channel was closed".
inline void name_reason(const Context& ctx, std::error_code& ec) noexcept {
  if (ec == errc::cancelled) ec = ctx.error();
}

inline void set_option(int fd, int level, int option, int value) noexcept {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

/// A socket that does not block, or -1 and `ec`.
int open_socket(int family, int type, std::error_code& ec) noexcept;

/// Sets `ec` to errno and closes; returns -1.
int failed_with_errno(int fd, std::error_code& ec) noexcept;

/// Takes `fd` over and connects it; closed when that fails.
detail::Socket connect_socket(int fd, const sockaddr* peer, socklen_t bytes, const Context& ctx, std::error_code& ec);

/// The next connection's file descriptor, or -1 and `ec`.
int accept_socket(const detail::Socket& listener, const Context& ctx, std::error_code& ec);
/// If there is one; else std::errc::operation_would_block.
int try_accept_socket(const detail::Socket& listener, std::error_code& ec);

[[noreturn]] void throw_for(const char* what, std::string_view address, std::error_code ec);

}  // namespace weft::net
