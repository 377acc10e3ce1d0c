#include "net/open.h"

#include <unistd.h>

namespace weft::net {
namespace {

using Direction = Descriptor::Direction;

// 0 once it is connected, errno's value once that failed; EAGAIN while it is under way.
int connect_state(int fd) noexcept {
  int error = 0;
  socklen_t bytes = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes) != 0) return errno;
  if (error != 0) return error == EINPROGRESS || error == EALREADY ? EAGAIN : error;
  sockaddr_storage peer;
  bytes = sizeof peer;
  return ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &bytes) == 0 ? 0 : EAGAIN;
}

}  // namespace

int open_socket(int family, int type, std::error_code& ec) noexcept {
  const int fd = ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) ec.assign(errno, std::generic_category());
  return fd;
}

int failed_with_errno(int fd, std::error_code& ec) noexcept {
  ec.assign(errno, std::generic_category());
  ::close(fd);
  return -1;
}

detail::Socket connect_socket(int fd, const sockaddr* peer, socklen_t bytes, const Context& ctx, std::error_code& ec) {
  if (::connect(fd, peer, bytes) != 0 && errno != EINPROGRESS && errno != EINTR) {
    failed_with_errno(fd, ec);
    return {};
  }
  detail::Socket socket(Descriptor::adopt(fd, ec));
  if (ec) return {};
  socket.get("connect").perform(Direction::kWrite, limits_of(ctx), ec, [](int open) -> ssize_t {
    errno = connect_state(open);
    return errno == 0 ? 0 : -1;
  });
  name_reason(ctx, ec);
  if (ec) return {};
  return socket;
}

namespace {

// What accept() of a connection that went before it was taken: the next one counts.
int accept_once(int listener) noexcept {
  while (true) {
    const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted >= 0 || errno != ECONNABORTED) return accepted;
  }
}

}  // namespace

int accept_socket(const detail::Socket& listener, const Context& ctx, std::error_code& ec) {
  Descriptor& descriptor = listener.get("accept");
  ec = ctx.error();
  if (ec) return -1;
  const ssize_t fd = descriptor.perform(Descriptor::Direction::kRead, limits_of(ctx), ec, &accept_once);
  name_reason(ctx, ec);
  return ec ? -1 : static_cast<int>(fd);
}

int try_accept_socket(const detail::Socket& listener, std::error_code& ec) {
  ssize_t fd = -1;
  if (!listener.get("try_accept").perform_now(Descriptor::Direction::kRead, ec, &accept_once, fd))
    ec = std::make_error_code(std::errc::operation_would_block);
  return ec ? -1 : static_cast<int>(fd);
}

void throw_for(const char* what, std::string_view address, std::error_code ec) {
  throw std::system_error(ec, std::string("weft::net::") + what + '(' + std::string(address) + ')');
}

}  // namespace weft::net
