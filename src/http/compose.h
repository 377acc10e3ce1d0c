// Putting text together in a small vector.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace weft::http {

template <class Text>
void append(Text& text, std::string_view more) {
  text.insert(text.end(), more.begin(), more.end());
}

template <class Text>
void append_number(Text& text, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto [end, failed] = std::to_chars(digits.begin(), digits.end(), number);
  append(text, {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

/// As a header's line.
template <class Text>
void append_line(Text& text, std::string_view name, std::string_view value) {
  append(text, name);
  append(text, ": ");
  append(text, value);
  append(text, "\r\n");
}

}  // namespace weft::http
