// weft/http/multipart.h: MultipartReader, the parts of a form with files as they come in.
// Guide: docs/guide/http.md
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "weft/http/client.h"
#include "weft/http/request.h"

namespace weft::http {

/// A body of the type multipart/form-data, or another of its kind (RFC 2046, 5.1; RFC 7578), one part after the other.
/// None is held whole but by read_all(): a file of any size takes some tens of KiB.
///
/// Errors         HttpError(400) for what is malformed or breaks off, and what the body's reading throws. Not caught
///                below a handler it is the answer. Nothing may be asked of the reader afterwards but its destruction
/// Thread safety  one goroutine at a time
class MultipartReader {
 public:
  /// Of a request, which it must not outlive. Limits and blocking as of Request::read_body().
  ///
  /// Errors         HttpError(415) where the body is of another type, HttpError(400) where its boundary is none
  explicit MultipartReader(const Request& request);
  /// Of bytes from anywhere else, such as an answer's.
  MultipartReader(std::string_view content_type, BodySource source);
  MultipartReader(const MultipartReader&) = delete;
  MultipartReader& operator=(const MultipartReader&) = delete;

  /// On to the next part, past what was not read of this one; at first it stands before the first. False at the end.
  bool next();

  /// Of the part that it stands at: texts until next().
  std::string_view name() const noexcept { return name_; }
  /// What stands behind the last slash or backslash: never a path. Empty: the field is no file.
  std::string_view filename() const noexcept { return filename_; }
  /// The first header field of that name, whatever its case; empty if there is none.
  std::string_view header(std::string_view name) const noexcept;

  /// The next bytes of the part; 0 at its end.
  std::size_t read(std::span<std::byte> into);
  std::size_t read(std::span<char> into) { return read(std::as_writable_bytes(into)); }
  /// What is left of the part.
  ///
  /// Errors         HttpError(413) where that is more than `most` bytes
  std::string read_all(std::size_t most = std::size_t{1} << 20);

 private:
  enum class Place { kBefore, kInside, kBehind };  // the parts

  std::string_view unread() const noexcept { return std::string_view(buffer_).substr(begin_); }
  bool fill();
  void require_more();
  std::size_t find_data();
  void read_head();
  void take_field(std::string_view line);

  BodySource source_;
  std::string delimiter_;  // CRLF, two hyphens, the boundary
  std::string piece_, buffer_;
  std::size_t begin_ = 0;  // of what is unread, in buffer_
  std::size_t data_ = 0;   // bytes at the front of that which are the part's, for sure
  Place place_ = Place::kBefore;
  HeaderList headers_;
  std::string name_, filename_;
};

}  // namespace weft::http
