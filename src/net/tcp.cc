#include "weft/net/tcp.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <charconv>
#include <memory>
#include <string>
#include <vector>

#include "net/descriptor.h"
#include "weft/detail/chan_core.h"
#include "weft/runtime.h"

namespace weft::net {
namespace {

using Direction = Descriptor::Direction;

constexpr int kBacklog = 4096;

void set_option(int fd, int level, int option, int value) noexcept {
  ::setsockopt(fd, level, option, &value, sizeof value);
}

// What getaddrinfo() fails with.
class ResolverCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "resolver"; }
  std::string message(int value) const override { return ::gai_strerror(value); }
};

const std::error_category& resolver_category() noexcept {
  static const ResolverCategory category;
  return category;
}

// getaddrinfo() takes a number of more than 16 bits for another port.
bool is_port(std::string_view text) noexcept {
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_name = end == text.data();
  return !text.empty() && (is_name || (failed == std::errc() && end == text.data() + text.size() && number <= 65535));
}

// "host:port" by getaddrinfo(), which blocks: the processor goes to others meanwhile.
std::vector<Endpoint> look_up(std::string_view text, bool to_listen, std::error_code& ec) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) {
    ec = std::make_error_code(std::errc::invalid_argument);
    return {};
  }
  const std::string host(text.substr(0, colon)), port(text.substr(colon + 1));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = to_listen ? AI_PASSIVE : AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int failed = blocking([&] { return ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found); });
  if (failed != 0) {
    failed == EAI_SYSTEM ? ec.assign(errno, std::system_category()) : ec.assign(failed, resolver_category());
    return {};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<Endpoint> endpoints;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    endpoints.push_back(Endpoint::from(each->ai_addr, each->ai_addrlen));
  }
  ec.clear();
  return endpoints;
}

std::vector<Endpoint> endpoints_of(std::string_view text, bool to_listen, std::error_code& ec) {
  const Endpoint numeric = Endpoint::parse(text, ec);
  if (!ec) return {numeric};
  return look_up(text, to_listen, ec);
}

int open_socket(const Endpoint& endpoint, std::error_code& ec) noexcept {
  const int fd = ::socket(endpoint.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) ec.assign(errno, std::system_category());
  return fd;
}

int failed_with_errno(int fd, std::error_code& ec) noexcept {
  ec.assign(errno, std::system_category());
  ::close(fd);
  return -1;
}

int open_listener(const Endpoint& endpoint, std::error_code& ec) noexcept {
  const int fd = open_socket(endpoint, ec);
  if (fd < 0) return -1;
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (endpoint.is_v6()) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(fd, endpoint.data(), endpoint.size()) != 0 || ::listen(fd, kBacklog) != 0)
    return failed_with_errno(fd, ec);
  return fd;
}

detail::WaitLimits limits_of(const Context& ctx) noexcept { return {.done = detail::context_done(ctx)}; }

// The context's own reason in place of "its channel was closed".
void name_reason(const Context& ctx, std::error_code& ec) noexcept {
  if (ec == errc::cancelled) ec = ctx.error();
}

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

template <class Operation>
auto with_all(std::string_view text, bool to_listen, std::error_code& ec, Operation&& operation)
    -> decltype(operation(Endpoint())) {
  const std::vector<Endpoint> endpoints = endpoints_of(text, to_listen, ec);
  for (const Endpoint& endpoint : endpoints) {
    auto result = operation(endpoint);
    if (!ec) return result;
  }
  return {};
}

[[noreturn]] void throw_for(const char* what, std::string_view address, std::error_code ec) {
  throw std::system_error(ec, std::string("weft::net::") + what + '(' + std::string(address) + ')');
}

}  // namespace

TcpStream TcpStream::connect(const Endpoint& peer, const Context& ctx, std::error_code& ec) {
  ec = ctx.error();
  if (ec) return {};
  const int fd = open_socket(peer, ec);
  if (fd < 0) return {};
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (::connect(fd, peer.data(), peer.size()) != 0 && errno != EINPROGRESS && errno != EINTR) {
    failed_with_errno(fd, ec);
    return {};
  }
  TcpStream stream(Descriptor::adopt(fd, ec));
  if (ec) return {};
  stream.socket_.get("connect").perform(Direction::kWrite, limits_of(ctx), ec, [](int open) -> ssize_t {
    errno = connect_state(open);
    return errno == 0 ? 0 : -1;
  });
  name_reason(ctx, ec);
  if (ec) return {};
  return stream;
}

TcpStream TcpStream::connect(std::string_view address, const Context& ctx, std::error_code& ec) {
  return with_all(address, false, ec, [&](const Endpoint& peer) { return connect(peer, ctx, ec); });
}

TcpStream TcpStream::connect(std::string_view address, const Context& ctx) {
  std::error_code ec;
  TcpStream stream = connect(address, ctx, ec);
  if (ec) throw_for("TcpStream::connect", address, ec);
  return stream;
}

std::size_t TcpStream::read_vector(detail::IoVector& into, std::error_code& ec) {
  Descriptor& descriptor = socket_.get("TcpStream::read_some");
  ec.clear();
  if (into.bytes() == 0) return 0;
  const auto receive = [&](int fd) -> ssize_t {
    if (into.count() == 1) return ::recv(fd, into.data()->iov_base, into.data()->iov_len, 0);
    return ::readv(fd, into.data(), static_cast<int>(into.count()));
  };
  const ssize_t count = descriptor.perform(Direction::kRead, {}, ec, receive, into.bytes());
  if (count == 0) ec = errc::end_of_stream;
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::size_t TcpStream::write_vector(detail::IoVector& from, std::error_code& ec) {
  Descriptor& descriptor = socket_.get("TcpStream::write_some");
  ec.clear();
  if (from.bytes() == 0) return 0;
  const ssize_t count = descriptor.perform(Direction::kWrite, {}, ec, [&](int fd) -> ssize_t {
    if (from.count() == 1) return ::send(fd, from.data()->iov_base, from.data()->iov_len, MSG_NOSIGNAL);
    msghdr message{};
    message.msg_iov = from.data();
    message.msg_iovlen = from.count();
    return ::sendmsg(fd, &message, MSG_NOSIGNAL);
  });
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

std::size_t TcpStream::checked(const char* what, std::size_t count, const std::error_code& ec) {
  if (ec) throw std::system_error(ec, std::string("weft::net::TcpStream::") + what);
  return count;
}

std::size_t TcpStream::read_full(std::span<std::byte> into, std::error_code& ec) {
  std::size_t done = 0;
  ec.clear();
  while (done < into.size() && !ec) done += read_some(into.subspan(done), ec);
  return done;
}

void TcpStream::read_full(std::span<std::byte> into) {
  std::error_code ec;
  checked("read_full", read_full(into, ec), ec);
}

std::size_t TcpStream::write_all(std::span<const std::byte> from, std::error_code& ec) {
  std::size_t done = 0;
  ec.clear();
  while (done < from.size() && !ec) done += write_some(from.subspan(done), ec);
  return done;
}

void TcpStream::write_all(std::span<const std::byte> from) {
  std::error_code ec;
  checked("write_all", write_all(from, ec), ec);
}

void TcpStream::shutdown_write(std::error_code& ec) {
  socket_.get("TcpStream::shutdown_write").perform(Direction::kWrite, {}, ec, [](int fd) -> ssize_t {
    return ::shutdown(fd, SHUT_WR);
  });
}

TcpListener TcpListener::listen(std::string_view address, std::error_code& ec) {
  return with_all(address, true, ec, [&](const Endpoint& endpoint) -> TcpListener {
    const int fd = open_listener(endpoint, ec);
    if (fd < 0) return {};
    return TcpListener(Descriptor::adopt(fd, ec));
  });
}

TcpListener TcpListener::listen(std::string_view address) {
  std::error_code ec;
  TcpListener listener = listen(address, ec);
  if (ec) throw_for("TcpListener::listen", address, ec);
  return listener;
}

TcpStream TcpListener::accept(const Context& ctx, std::error_code& ec) {
  Descriptor& descriptor = socket_.get("TcpListener::accept");
  ec = ctx.error();
  if (ec) return {};
  const ssize_t fd = descriptor.perform(Direction::kRead, limits_of(ctx), ec, [](int listener) -> ssize_t {
    const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (accepted < 0 && errno == ECONNABORTED) errno = EINTR;  // it went before it was taken: the next one
    return accepted;
  });
  name_reason(ctx, ec);
  if (ec) return {};
  set_option(static_cast<int>(fd), IPPROTO_TCP, TCP_NODELAY, 1);
  return TcpStream(Descriptor::adopt(static_cast<int>(fd), ec));
}

TcpStream TcpListener::accept(const Context& ctx) {
  std::error_code ec;
  TcpStream stream = accept(ctx, ec);
  if (ec) throw std::system_error(ec, "weft::net::TcpListener::accept");
  return stream;
}

}  // namespace weft::net
