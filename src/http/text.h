// Texts of the protocol: case, tokens, decoding.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace weft::http {

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

/// Without the blanks and tabs around it.
constexpr std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// What a method and a header's name are made of (RFC 9110, 5.6.2).
bool is_token(std::string_view text) noexcept;
/// What a header's value may be: no line break, no NUL, no other control character but the tab.
bool is_field_value(std::string_view text) noexcept;

/// What a Host field may be: a name or an address, with or without a port, or nothing (RFC 9112, 3.2; RFC 3986, 3.2.2).
bool is_host(std::string_view text) noexcept;

/// "%41" is "A". Nothing where a "%" is followed by something else, or the result holds a NUL.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank);

}  // namespace weft::http
