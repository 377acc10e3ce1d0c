#include "weft/net/resolve.h"

#include <charconv>
#include <cstdint>
#include <string>

#include "base/c_string.h"
#include "net/host.h"
#include "net/lookup.h"
#include "net/open.h"

namespace weft::net {
namespace {

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

struct Port {
  std::uint16_t number = 0;
  std::string name;  // empty: the number counts
  bool is_valid = false;
};

// "80", "http". getaddrinfo() would take "-1", and a number of more than 16 bits, for another port.
Port parse_port(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty()) return {};
  if (end == text.data()) return {.number = 0, .name = std::string(text), .is_valid = is_letter(text.front())};
  const bool is_valid = failed == std::errc() && end == text.data() + text.size() && number <= UINT16_MAX;
  return {.number = static_cast<std::uint16_t>(number), .name = {}, .is_valid = is_valid};
}

// "" is every address, or this machine; "::1:80" may be two things, and is none.
bool is_host(std::string_view text) noexcept {
  return is_bracketed(text) ? text.size() > 2 : text.find(':') == std::string_view::npos;
}

}  // namespace

std::vector<Endpoint> endpoints_of(std::string_view address, bool to_listen, const Context& ctx, std::error_code& ec) {
  ec = ctx.error();
  if (ec) return {};
  const Endpoint numeric = Endpoint::parse(address, ec);
  if (!ec) return {numeric};
  const std::size_t colon = address.rfind(':');
  const Port port = colon == std::string_view::npos ? Port() : parse_port(address.substr(colon + 1));
  const std::string_view host = address.substr(0, colon);
  if (!port.is_valid || !is_host(host) || !base::is_c_string(address)) {
    ec = std::make_error_code(std::errc::invalid_argument);
    return {};
  }
  Answer answer = lookup({std::string(unbracketed(host)), port.name, to_listen}, ctx);
  ec = answer.error;
  if (!ec && answer.endpoints.empty()) ec = std::make_error_code(std::errc::address_not_available);
  if (port.name.empty()) {
    for (Endpoint& endpoint : answer.endpoints) endpoint.set_port(port.number);
  }
  return std::move(answer.endpoints);
}

std::vector<Endpoint> resolve(std::string_view host, const Context& ctx, std::error_code& ec) {
  const std::string name(host);
  const bool is_v6 = host.find(':') != std::string_view::npos;
  return endpoints_of(is_v6 ? '[' + name + "]:0" : name + ":0", false, ctx, ec);
}

std::vector<Endpoint> resolve(std::string_view host, const Context& ctx) {
  std::error_code ec;
  std::vector<Endpoint> endpoints = resolve(host, ctx, ec);
  if (ec) throw_for("resolve", host, ec);
  return endpoints;
}

}  // namespace weft::net
