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

#include "net/open.h"
#include "weft/runtime.h"

namespace weft::net {
namespace {

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

int open_listener(const Endpoint& endpoint, std::error_code& ec) noexcept {
  const int fd = open_socket(endpoint.data()->sa_family, SOCK_STREAM, ec);
  if (fd < 0) return -1;
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (endpoint.is_v6()) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(fd, endpoint.data(), endpoint.size()) != 0 || ::listen(fd, kBacklog) != 0)
    return failed_with_errno(fd, ec);
  return fd;
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

}  // namespace

TcpStream TcpStream::connect(const Endpoint& peer, const Context& ctx, std::error_code& ec) {
  ec = ctx.error();
  if (ec) return {};
  const int fd = open_socket(peer.data()->sa_family, SOCK_STREAM, ec);
  if (fd < 0) return {};
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  return TcpStream(connect_socket(fd, peer.data(), peer.size(), ctx, ec));
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

TcpListener TcpListener::listen(std::string_view address, std::error_code& ec) {
  return with_all(address, true, ec, [&](const Endpoint& endpoint) -> TcpListener {
    const int fd = open_listener(endpoint, ec);
    if (fd < 0) return {};
    return TcpListener(detail::Socket(Descriptor::adopt(fd, ec)));
  });
}

TcpListener TcpListener::listen(std::string_view address) {
  std::error_code ec;
  TcpListener listener = listen(address, ec);
  if (ec) throw_for("TcpListener::listen", address, ec);
  return listener;
}

TcpStream TcpListener::accept(const Context& ctx, std::error_code& ec) {
  const int fd = accept_socket(socket_, ctx, ec);
  if (fd < 0) return {};
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  return TcpStream(detail::Socket(Descriptor::adopt(fd, ec)));
}

TcpStream TcpListener::accept(const Context& ctx) {
  std::error_code ec;
  TcpStream stream = accept(ctx, ec);
  detail::throw_if(ec, "TcpListener::accept");
  return stream;
}

}  // namespace weft::net
