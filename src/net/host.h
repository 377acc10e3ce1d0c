// A host as it stands in an address, a URL or a command line.
#pragma once

#include <string_view>

namespace weft::net {

constexpr bool is_bracketed(std::string_view host) noexcept {
  return host.size() >= 2 && host.front() == '[' && host.back() == ']';
}

/// "::1" of "[::1]", what bears no brackets as it is.
constexpr std::string_view unbracketed(std::string_view host) noexcept {
  return is_bracketed(host) ? host.substr(1, host.size() - 2) : host;
}

}  // namespace weft::net
