// A gap of Beast's parser that both sides step around.
#pragma once

#include <cstdint>
#include <string_view>

namespace weft::http {

/// Whether a chunked body's next bytes, of which these are all that are there, may be the last chunk, "0\r\n\r\n", in
/// less than its five bytes: Beast asserts that it never sees those twice. More have to come in any case.
constexpr bool may_be_last_chunk(std::uint64_t left_of_chunk, std::string_view bytes) noexcept {
  constexpr std::size_t kLeast = 5;
  if (left_of_chunk != 0 || bytes.size() >= kLeast) return false;
  if (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
  return bytes.starts_with('0');
}

}  // namespace weft::http
