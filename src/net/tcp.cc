#include "weft/net/tcp.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <vector>

#include "net/connect_first.h"
#include "net/lookup.h"
#include "net/open.h"

namespace weft::net {
namespace {

// Small writes go out at once, and a peer that vanished without a word is found within some two and a half minutes, as
// in Go. Of a listener: what it accepts inherits them.
void set_stream_options(int fd) noexcept {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 9);
}

int open_listener(const Endpoint& endpoint, std::error_code& ec) noexcept {
  const int fd = open_socket(endpoint.data()->sa_family, SOCK_STREAM, ec);
  if (fd < 0) return -1;
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (endpoint.is_v6()) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  set_stream_options(fd);
  if (::bind(fd, endpoint.data(), endpoint.size()) != 0 || ::listen(fd, kBacklog) != 0)
    return failed_with_errno(fd, ec);
  return fd;
}

}  // namespace

TcpStream TcpStream::connect(const Endpoint& peer, const Context& ctx, std::error_code& ec) {
  ec = ctx.error();
  if (ec) return {};
  const int fd = open_socket(peer.data()->sa_family, SOCK_STREAM, ec);
  if (fd < 0) return {};
  set_stream_options(fd);
  return TcpStream(connect_socket(fd, peer.data(), peer.size(), ctx, ec));
}

TcpStream TcpStream::connect(std::string_view address, const Context& ctx, std::error_code& ec) {
  const std::vector<Endpoint> endpoints = endpoints_of(address, false, ctx, ec);
  if (ec) return {};
  return connect_first(in_turn(endpoints), kStagger, ctx, ec);
}

TcpStream TcpStream::connect(std::string_view address, const Context& ctx) {
  std::error_code ec;
  TcpStream stream = connect(address, ctx, ec);
  if (ec) throw_for("TcpStream::connect", address, ec);
  return stream;
}

TcpStream TcpStream::connect(const Endpoint& peer, const Context& ctx) {
  std::error_code ec;
  TcpStream stream = connect(peer, ctx, ec);
  if (ec) throw_for("TcpStream::connect", peer.to_string(), ec);
  return stream;
}

TcpListener TcpListener::listen(std::string_view address, std::error_code& ec) {
  for (const Endpoint& endpoint : endpoints_of(address, true, {}, ec)) {
    const int fd = open_listener(endpoint, ec);
    if (fd < 0) continue;
    TcpListener listener(detail::Socket(Descriptor::adopt(fd, ec)));
    if (!ec) return listener;
  }
  return {};
}

TcpListener TcpListener::listen(std::string_view address) {
  std::error_code ec;
  TcpListener listener = listen(address, ec);
  if (ec) throw_for("TcpListener::listen", address, ec);
  return listener;
}

TcpStream TcpListener::adopt(int fd, std::error_code& ec) {
  if (fd < 0) return {};
  return TcpStream(detail::Socket(Descriptor::adopt(fd, ec)));
}

TcpStream TcpListener::accept(const Context& ctx, std::error_code& ec) {
  return adopt(accept_socket(socket_, ctx, ec), ec);
}

TcpStream TcpListener::try_accept(std::error_code& ec) { return adopt(try_accept_socket(socket_, ec), ec); }

TcpStream TcpListener::try_accept() {
  std::error_code ec;
  TcpStream stream = try_accept(ec);
  detail::throw_if(ec, "TcpListener::try_accept");
  return stream;
}

TcpStream TcpListener::accept(const Context& ctx) {
  std::error_code ec;
  TcpStream stream = accept(ctx, ec);
  detail::throw_if(ec, "TcpListener::accept");
  return stream;
}

}  // namespace weft::net
