// weft/error.h: weft's errors: usage_error and its children, errc, error_category().
// Not here: fatal errors of the runtime itself (they end the process). Guide: docs/guide/errors.md
#pragma once

#include <stdexcept>
#include <string>
#include <system_error>

namespace weft {

/// The caller broke a contract: what Go panics on.
class usage_error : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Send on a closed channel, close of a closed channel.
class closed_channel : public usage_error {
 public:
  explicit closed_channel(const char* what) : usage_error(what) {}
};

/// What the world can do to a call, beyond errno.
enum class errc { cancelled = 1, deadline_exceeded, closed, shutting_down, end_of_stream };

/// The category "weft" of errc.
const std::error_category& error_category() noexcept;

inline std::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), error_category()}; }

}  // namespace weft

template <>
struct std::is_error_code_enum<weft::errc> : std::true_type {};
