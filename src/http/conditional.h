// What a client has already, or wants a part of (RFC 9110, 13 and 14).
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "weft/http/request.h"

namespace weft::http {

/// How a version of a file is known.
struct Validators {
  std::string etag;  // with its quotation marks
  std::time_t modified = 0;
};

/// The client wants another version than this, and no other: 412.
bool is_out_of_date(const Request& req, const Validators& current);

/// The client has this version: 304.
bool has_already(const Request& req, const Validators& current);

struct Range {
  std::uint64_t first = 0, count = 0;
};
struct AskedRange {
  bool satisfiable = true;          // else 416
  std::optional<Range> range = {};  // none: the whole
};
/// The part of `size` bytes that is asked for. One that this is no valid answer to, several, or one of another version
/// stands for the whole.
AskedRange asked_range(const Request& req, const Validators& current, std::uint64_t size);

}  // namespace weft::http
