// support/proto_text.h: protobuf messages by hand, well formed or not.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace weft::testing {

inline std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(static_cast<unsigned char>(value) | 0x80);
  return bytes + static_cast<char>(static_cast<unsigned char>(value));
}

/// A field of a number.
inline std::string number(std::uint32_t field, std::uint64_t value) { return varint(field << 3) + varint(value); }
/// A field of a text or of a message.
inline std::string message(std::uint32_t field, std::string_view content) {
  return varint(field << 3 | 2) + varint(content.size()) + std::string(content);
}
/// A repeated field of numbers, packed.
inline std::string packed(std::uint32_t field, std::initializer_list<std::uint64_t> values) {
  std::string content;
  for (const std::uint64_t value : values) content += varint(value);
  return message(field, content);
}

}  // namespace weft::testing
