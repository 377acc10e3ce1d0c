#include "weft/net/udp.h"

#include <netinet/in.h>
#include <vector>

#include "net/lookup.h"
#include "net/open.h"

namespace weft::net {

using Direction = Descriptor::Direction;

namespace {

// A message without any part is one of no byte to Linux, and none at all to qemu-user.
msghdr message_of(detail::IoVector& buffers) noexcept {
  static iovec nothing{};
  msghdr message{};
  message.msg_iov = buffers.count() != 0 ? buffers.data() : &nothing;
  message.msg_iovlen = buffers.count() != 0 ? buffers.count() : 1;
  return message;
}

}  // namespace

UdpSocket UdpSocket::open(const Endpoint& endpoint, bool connected, std::error_code& ec) {
  const int fd = open_socket(endpoint.data()->sa_family, SOCK_DGRAM, ec);
  if (fd < 0) return {};
  if (endpoint.is_v6()) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  const auto take = connected ? &::connect : &::bind;
  if (take(fd, endpoint.data(), endpoint.size()) != 0) {
    failed_with_errno(fd, ec);
    return {};
  }
  return UdpSocket(detail::Socket(Descriptor::adopt(fd, ec)), endpoint.is_v6());
}

UdpSocket UdpSocket::bind(std::string_view address, std::error_code& ec) {
  for (const Endpoint& endpoint : endpoints_of(address, true, {}, ec)) {
    UdpSocket socket = open(endpoint, false, ec);
    if (!ec) return socket;
  }
  return {};
}

UdpSocket UdpSocket::bind(std::string_view address) {
  std::error_code ec;
  UdpSocket socket = bind(address, ec);
  if (ec) throw_for("UdpSocket::bind", address, ec);
  return socket;
}

UdpSocket UdpSocket::connect(std::string_view address, const Context& ctx, std::error_code& ec) {
  for (const Endpoint& endpoint : endpoints_of(address, false, ctx, ec)) {
    UdpSocket socket = open(endpoint, true, ec);
    if (!ec) return socket;
  }
  return {};
}

UdpSocket UdpSocket::connect(std::string_view address, const Context& ctx) {
  std::error_code ec;
  UdpSocket socket = connect(address, ctx, ec);
  if (ec) throw_for("UdpSocket::connect", address, ec);
  return socket;
}

void UdpSocket::send_vector(detail::IoVector& from, const Endpoint* to, std::error_code& ec) {
  Descriptor& descriptor = socket_.get("UdpSocket::send");
  if (!from.has_all()) {
    ec = std::make_error_code(std::errc::message_size);
    return;
  }
  Endpoint address;
  msghdr message = message_of(from);
  if (to != nullptr) {
    address = is_v6_ ? to->as_v6() : *to;
    message.msg_name = const_cast<sockaddr*>(address.data());
    message.msg_namelen = address.size();
  }
  descriptor.perform(Direction::kWrite, {}, ec, [&](int fd) { return ::sendmsg(fd, &message, MSG_NOSIGNAL); });
}

Datagram UdpSocket::receive_vector(detail::IoVector& into, const Context& ctx, std::error_code& ec) {
  Descriptor& descriptor = socket_.get("UdpSocket::receive_from");
  ec = ctx.error();
  if (ec) return {};
  sockaddr_storage from{};
  msghdr message{};
  const ssize_t count = descriptor.perform(Direction::kRead, limits_of(ctx), ec, [&](int fd) {
    message = message_of(into);
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    return ::recvmsg(fd, &message, 0);
  });
  name_reason(ctx, ec);
  if (ec) return {};
  return {.bytes = static_cast<std::size_t>(count),
          .from = Endpoint::from(reinterpret_cast<const sockaddr*>(&from), message.msg_namelen),
          .truncated = (message.msg_flags & MSG_TRUNC) != 0};
}

}  // namespace weft::net
