// An answer: what the client makes of the bytes does not depend on how they arrive, and it keeps to its limits.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/response_parser.h"

namespace {

constexpr std::size_t kMaxHeaderBytes = 300, kMaxBodyBytes = 1000;

// All that is known of an answer that came whole, `step` more bytes at a time; empty for what is none.
std::string parsed(std::string_view bytes, std::size_t step, bool to_head) {
  weft::http::ResponseParser parser(kMaxHeaderBytes, kMaxBodyBytes, to_head);
  std::string received;
  std::size_t used = 0;
  std::error_code ec;
  while (!bytes.empty() && !parser.is_done() && !ec) {
    const std::size_t more = std::min(step, bytes.size());
    received.append(bytes.substr(0, more));
    bytes.remove_prefix(more);
    std::size_t now;
    do {  // the head's end is a stop of its own
      now = received.empty() ? 0 : parser.parse(received, ec);
      received.erase(0, now);
      used += now;
    } while (now != 0 && !ec);
  }
  if (!ec && !parser.is_done() && parser.got_some()) parser.parse_end(ec);
  if (ec || !parser.is_done()) return {};
  std::string text = std::to_string(parser.status());
  std::size_t header_bytes = 0;
  for (const auto& [name, value] : parser.headers()) {
    text.append("|").append(name).append("=").append(value);
    header_bytes += name.size() + value.size();
  }
  if (header_bytes > kMaxHeaderBytes || parser.body().size() > kMaxBodyBytes) std::abort();
  return text + '|' + parser.body() + '|' + std::to_string(used);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  for (const bool to_head : {false, true}) {
    const std::string whole = parsed(bytes, bytes.size(), to_head);
    for (const std::size_t step : {1ul, 7ul, 64ul}) {
      if (parsed(bytes, step, to_head) != whole) std::abort();
    }
  }
  return 0;
}
