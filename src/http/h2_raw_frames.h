// HTTP/2 for tests that no well-behaved client would send: frames byte by byte.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/multiplexer.h"
#include "weft/net.h"

namespace weft::http::h2 {

enum Type : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kReset = 3,
  kSettings = 4,
  kPush = 5,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9
};
enum Flag : std::uint8_t { kNone = 0, kEndStream = 1, kAck = 1, kEndHeaders = 4, kPadded = 8 };

inline std::string number(std::uint32_t value, int octets) {
  std::string text;
  while (octets-- > 0) text += static_cast<char>(value >> (8 * octets));
  return text;
}

inline std::string frame(Type type, int flags, std::uint32_t stream, std::string_view payload = {}) {
  return number(static_cast<std::uint32_t>(payload.size()), 3) + static_cast<char>(type) + static_cast<char>(flags) +
         number(stream, 4) + std::string(payload);
}

/// A literal field that enters no table; name and value shorter than 127.
inline std::string field(std::string_view name, std::string_view value) {
  return '\0' + std::string(1, static_cast<char>(name.size())) + std::string(name) + static_cast<char>(value.size()) +
         std::string(value);
}

/// GET / of the host "x".
inline std::string get_fields() { return "\x82\x84\x86" + field(":authority", "x"); }
inline std::string get(std::uint32_t stream) { return frame(kHeaders, kEndStream | kEndHeaders, stream, get_fields()); }
/// What a client begins with.
inline std::string hello() { return std::string(kHttp2Preface) + frame(kSettings, kNone, 0); }

struct Frame {
  std::uint8_t type, flags;
  std::uint32_t stream;
  std::string payload;

  /// Of RST_STREAM, and of GOAWAY.
  std::uint32_t code() const {
    const std::string_view text = type == kGoAway ? std::string_view(payload).substr(4) : std::string_view(payload);
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(text[static_cast<std::size_t>(i)]);
    return value;
  }
};

/// The next frame; an empty payload on stream UINT32_MAX at the end.
inline Frame read_frame(net::TcpStream& stream) {
  std::array<std::uint8_t, 9> head{};
  std::error_code ec;
  stream.read_full(std::as_writable_bytes(std::span(head)), ec);
  if (ec) return {0, 0, UINT32_MAX, {}};
  const std::size_t bytes = std::size_t{head[0]} << 16 | std::size_t{head[1]} << 8 | head[2];
  const auto id = static_cast<std::uint32_t>(head[5] << 24 | head[6] << 16 | head[7] << 8 | head[8]);
  Frame frame{head[3], head[4], id, std::string(bytes, '\0')};
  stream.read_full(std::as_writable_bytes(std::span(frame.payload)), ec);
  return frame;
}

inline std::vector<Frame> read_frames_to_end(net::TcpStream& stream) {
  std::vector<Frame> frames;
  for (Frame each = read_frame(stream); each.stream != UINT32_MAX; each = read_frame(stream)) frames.push_back(each);
  return frames;
}

}  // namespace weft::http::h2
