#include "weft/net/endpoint.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <charconv>
#include <cstring>

#include "base/c_string.h"
#include "net/host.h"

namespace weft::net {
namespace {

bool parse_number(std::string_view text, std::uint32_t most, std::uint32_t& number) noexcept {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc() && end == text.data() + text.size() && number <= most;
}

// "fe80::1%eth0", "fe80::1%2"
bool parse_scope(std::string_view text, std::uint32_t& scope) noexcept {
  if (parse_number(text, UINT32_MAX, scope)) return true;
  char name[IF_NAMESIZE] = {};
  if (text.empty() || text.size() >= sizeof name) return false;
  text.copy(name, text.size());
  scope = ::if_nametoindex(name);
  return scope != 0;
}

bool parse_address(int family, std::string_view text, void* address) noexcept {
  char terminated[INET6_ADDRSTRLEN] = {};
  if (text.size() >= sizeof terminated) return false;
  text.copy(terminated, text.size());
  return ::inet_pton(family, terminated, address) == 1;
}

bool parse_v6(std::string_view text, sockaddr_in6& v6) noexcept {
  const std::size_t percent = text.find('%');
  if (percent != std::string_view::npos) {
    if (!parse_scope(text.substr(percent + 1), v6.sin6_scope_id)) return false;
    text = text.substr(0, percent);
  }
  return parse_address(AF_INET6, text, &v6.sin6_addr);
}

}  // namespace

Endpoint::Endpoint() noexcept {
  std::memset(&address_, 0, sizeof address_);
  address_.v4.sin_family = AF_INET;
}

Endpoint Endpoint::parse(std::string_view text, std::error_code& ec) noexcept {
  ec = std::make_error_code(std::errc::invalid_argument);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !base::is_c_string(text)) return {};
  const std::string_view host = text.substr(0, colon);
  std::uint32_t port = 0;
  if (!parse_number(text.substr(colon + 1), UINT16_MAX, port)) return {};
  Endpoint endpoint;
  if (host.empty() || is_bracketed(host)) {
    endpoint.address_.v6.sin6_family = AF_INET6;  // the unspecified address takes IPv4's connections too
    if (is_bracketed(host) && !parse_v6(unbracketed(host), endpoint.address_.v6)) return {};
  } else if (!parse_address(AF_INET, host, &endpoint.address_.v4.sin_addr)) {
    return {};
  }
  endpoint.set_port(static_cast<std::uint16_t>(port));
  ec.clear();
  return endpoint;
}

Endpoint Endpoint::parse(std::string_view text) {
  std::error_code ec;
  const Endpoint endpoint = parse(text, ec);
  if (ec) throw std::system_error(ec, "weft::net::Endpoint::parse(\"" + std::string(text) + "\")");
  return endpoint;
}

Endpoint Endpoint::from(const sockaddr* address, socklen_t bytes) noexcept {
  Endpoint endpoint;
  if (bytes >= sizeof(sockaddr_in) && address->sa_family == AF_INET) {
    std::memcpy(&endpoint.address_.v4, address, sizeof(sockaddr_in));
  } else if (bytes >= sizeof(sockaddr_in6) && address->sa_family == AF_INET6) {
    std::memcpy(&endpoint.address_.v6, address, sizeof(sockaddr_in6));
  }
  return endpoint;
}

std::uint16_t Endpoint::port() const noexcept { return ntohs(is_v6() ? address_.v6.sin6_port : address_.v4.sin_port); }

void Endpoint::set_port(std::uint16_t port) noexcept {
  (is_v6() ? address_.v6.sin6_port : address_.v4.sin_port) = htons(port);
}

Endpoint Endpoint::as_v6() const noexcept {
  if (is_v6()) return *this;
  Endpoint mapped;
  mapped.address_.v6.sin6_family = AF_INET6;
  mapped.address_.v6.sin6_port = address_.v4.sin_port;
  std::uint8_t* const bytes = mapped.address_.v6.sin6_addr.s6_addr;
  bytes[10] = bytes[11] = 0xff;
  std::memcpy(bytes + 12, &address_.v4.sin_addr, 4);
  return mapped;
}

std::string Endpoint::address() const {
  char text[INET6_ADDRSTRLEN] = {};
  if (!is_v6()) return ::inet_ntop(AF_INET, &address_.v4.sin_addr, text, sizeof text);
  std::string address = ::inet_ntop(AF_INET6, &address_.v6.sin6_addr, text, sizeof text);
  if (address_.v6.sin6_scope_id != 0) address += '%' + std::to_string(address_.v6.sin6_scope_id);
  return address;
}

std::string Endpoint::to_string() const {
  return (is_v6() ? '[' + address() + ']' : address()) + ':' + std::to_string(port());
}

bool operator==(const Endpoint& a, const Endpoint& b) noexcept {
  if (a.is_v6() != b.is_v6() || a.port() != b.port()) return false;
  if (!a.is_v6()) return a.address_.v4.sin_addr.s_addr == b.address_.v4.sin_addr.s_addr;
  return a.address_.v6.sin6_scope_id == b.address_.v6.sin6_scope_id &&
         std::memcmp(&a.address_.v6.sin6_addr, &b.address_.v6.sin6_addr, sizeof(in6_addr)) == 0;
}

}  // namespace weft::net
