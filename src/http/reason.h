// The words after a status in an answer's first line.
#pragma once

#include <string_view>

namespace weft::http {

/// Empty for a status that has none: RFC 9112, 4 allows that.
std::string_view reason(int status) noexcept;

}  // namespace weft::http
