// A request's target: its path and query, and paths that are not in their shortest form.
#pragma once

#include <string>
#include <string_view>

namespace weft::http {

struct SplitTarget {
  std::string_view path;  // absolute, or "*"; empty: the target is none of a server's
  std::string_view query;
};

/// "/path?query", "http://host/path?query", "*" (RFC 9112, 3.2).
SplitTarget split(std::string_view target) noexcept;

/// It has "//", or a segment "." or "..".
bool needs_cleaning(std::string_view path) noexcept;
/// Without them; what would go above the root stays there.
std::string cleaned(std::string_view path);

}  // namespace weft::http
