#include "weft/net/resolve.h"

#include <charconv>
#include <cstdint>
#include <string>

#include "net/lookup.h"
#include "net/open.h"

namespace weft::net {
namespace {

struct Port {
  std::uint16_t number = 0;
  std::string name;  // empty: the number counts
  bool is_valid = false;
};

// "80", "http". getaddrinfo() would take a number of more than 16 bits for another port.
Port parse_port(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty()) return {};
  if (end == text.data()) return {.number = 0, .name = std::string(text), .is_valid = true};
  const bool is_valid = failed == std::errc() && end == text.data() + text.size() && number <= UINT16_MAX;
  return {.number = static_cast<std::uint16_t>(number), .name = {}, .is_valid = is_valid};
}

}  // namespace

std::vector<Endpoint> endpoints_of(std::string_view address, bool to_listen, const Context& ctx, std::error_code& ec) {
  const Endpoint numeric = Endpoint::parse(address, ec);
  if (!ec) return {numeric};
  const std::size_t colon = address.rfind(':');
  const Port port = colon == std::string_view::npos ? Port() : parse_port(address.substr(colon + 1));
  if (!port.is_valid) {
    ec = std::make_error_code(std::errc::invalid_argument);
    return {};
  }
  Answer answer = lookup({std::string(address.substr(0, colon)), port.name, to_listen}, ctx);
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
