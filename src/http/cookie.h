// Cookies as texts of the protocol (RFC 6265).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weft/http/cookie.h"

namespace weft::http {

/// The value of Set-Cookie. Usage faults: usage_error for what would be another cookie, or none, on the other side.
std::string set_cookie_value(const Cookie& cookie);

/// The first of that name in the value of a Cookie field, without quotation marks.
std::optional<std::string_view> find_cookie(std::string_view field, std::string_view name) noexcept;

}  // namespace weft::http
