// The Date header's value.
#pragma once

#include <array>
#include <string_view>

namespace weft::http {

/// "Fri, 27 Nov 2026 20:33:35 GMT", now; a second of it is made once. Thread safety: any.
std::array<char, 29> http_date() noexcept;

}  // namespace weft::http
