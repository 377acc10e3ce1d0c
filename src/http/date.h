// Dates as headers have them (RFC 9110, 5.6.7).
#pragma once

#include <array>
#include <ctime>
#include <optional>
#include <string_view>

namespace weft::http {

/// "Fri, 27 Nov 2026 20:33:35 GMT".
std::array<char, 29> http_date(std::time_t second) noexcept;
/// The same of now; a second of it is made once. Thread safety: any.
std::array<char, 29> http_date() noexcept;

/// In that form; nothing in another.
std::optional<std::time_t> parse_http_date(std::string_view text) noexcept;

}  // namespace weft::http
