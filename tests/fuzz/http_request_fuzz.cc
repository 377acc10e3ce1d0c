// The head of a request, and a chunked body: which request the parser makes of the bytes does not depend on how they
// arrive. Whether it refuses what is none at once, or waits for its end first, does: Beast looks for that before it
// parses again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/request_parser.h"
#include "http/router.h"
#include "http/target.h"
#include "http/text.h"

namespace {

using weft::http::RequestParser;

// What came whole of it, `step` more bytes at a time; and where it ends.
std::string chunked_body(RequestParser& parser, std::string_view bytes, std::size_t step) {
  parser.body_limit(1000);
  std::string body, raw;
  std::size_t used = 0;
  while (!bytes.empty() && !parser.is_done() && parser.status() == 0) {
    const std::size_t more = std::min(step, bytes.size());
    raw.append(bytes.substr(0, more));
    bytes.remove_prefix(more);
    const std::size_t now = parser.parse_chunked(raw, body);
    raw.erase(0, now);
    used += now;
  }
  return parser.is_done() ? body + '|' + std::to_string(used) : "it does not end";
}

// All that is known of a request, as one text; empty where there is none.
std::string describe(RequestParser& parser, std::string_view bytes, bool complete, std::size_t step) {
  std::string text;
  if (!complete) return text;
  text.append(parser.method()).append("|").append(parser.target());
  for (const auto& [name, value] : parser.fields()) text.append("|").append(name).append("=").append(value);
  if (!parser.chunked()) return text;
  return text + '|' + chunked_body(parser, bytes.substr(parser.head_bytes()), step);
}

std::string parsed_at_once(std::string_view bytes) {
  RequestParser parser;
  const bool complete = parser.parse_head(bytes);
  return describe(parser, bytes, complete, bytes.size());
}

// More bytes each time, and at another place.
std::string parsed_piece_by_piece(std::string_view bytes, std::size_t step) {
  RequestParser parser;
  std::string buffer;
  for (std::size_t end = std::min(step, bytes.size());; end = std::min(end + step, bytes.size())) {
    std::string grown(bytes.substr(0, end));
    parser.moved(buffer.data(), grown.data());
    buffer.swap(grown);
    const bool complete = parser.parse_head(buffer);
    if (complete || parser.status() != 0 || end == bytes.size()) {
      parser.moved(buffer.data(), bytes.data());
      return describe(parser, bytes, complete, step);
    }
  }
}

void take_target_apart(std::string_view target) {
  const weft::http::SplitTarget parts = weft::http::split(target);
  weft::http::percent_decoded(parts.path, false);
  weft::http::percent_decoded(parts.query, true);
  if (parts.path.starts_with('/') && weft::http::needs_cleaning(weft::http::cleaned(parts.path))) std::abort();
  static const weft::http::Router& router = *[] {
    auto* made = new weft::http::Router();
    for (const char* pattern : {"/a/{x}", "/a/b", "/{x}/{y...}", "/c/", "GET /{$}"})
      made->add(pattern, [](const weft::http::Request&, weft::http::Response&) {});
    return made;
  }();
  if (parts.path.starts_with('/')) router.find("GET", parts.path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  const std::string whole = parsed_at_once(bytes);
  for (const std::size_t step : {1ul, 7ul, 64ul}) {
    if (parsed_piece_by_piece(bytes, step) != whole) std::abort();
  }
  RequestParser parser;
  if (parser.parse_head(bytes)) take_target_apart(parser.target());
  return 0;
}
