// weft/net/endpoint.h: Endpoint, an IP address with a port.
// Not here: names and their resolution (net/resolve.h). Guide: docs/guide/net.md
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace weft::net {

/// An IPv4 or IPv6 address and a port; a value. Default-constructed it is 0.0.0.0:0.
class Endpoint {
 public:
  Endpoint() noexcept;

  /// "127.0.0.1:80", "[::1]:80", ":80" (every address of this machine, IPv6's too), "[fe80::1%eth0]:80".
  /// Errors         std::errc::invalid_argument: no numeric address, or no port of 0 to 65535
  static Endpoint parse(std::string_view text, std::error_code& ec) noexcept;
  /// The same; throws std::system_error.
  static Endpoint parse(std::string_view text);

  /// Of a socket call's answer; another family's address becomes the default.
  static Endpoint from(const sockaddr* address, socklen_t bytes) noexcept;

  std::uint16_t port() const noexcept;
  void set_port(std::uint16_t port) noexcept;
  /// An IPv4 address as sockets of IPv6 write it, "[::ffff:127.0.0.1]:80"; another one as it is.
  Endpoint as_v6() const noexcept;
  bool is_v6() const noexcept { return address_.any.sa_family == AF_INET6; }
  /// "127.0.0.1", "::1", "fe80::1%2"
  std::string address() const;
  /// As parse() reads it.
  std::string to_string() const;

  const sockaddr* data() const noexcept { return &address_.any; }
  socklen_t size() const noexcept { return is_v6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in); }

  friend bool operator==(const Endpoint& a, const Endpoint& b) noexcept;

 private:
  union Address {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  };
  Address address_;
};

}  // namespace weft::net
