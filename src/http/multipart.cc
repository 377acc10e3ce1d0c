// The body is searched for its delimiter as it comes in. What may be the beginning of one waits until it is known to be
// none; all before that is the part's.
#include "weft/http/multipart.h"

#include <algorithm>
#include <boost/beast/http/rfc7230.hpp>
#include <cstring>
#include <optional>
#include <utility>

#include "http/header_list.h"
#include "http/text.h"

namespace weft::http {
namespace {

constexpr std::size_t kPiece = 16 << 10;
constexpr std::size_t kMostHead = 16 << 10;  // of one part's fields
constexpr std::size_t kMostFields = 100;
constexpr std::size_t kLongestBoundary = 70;
constexpr std::string_view kLineBreak = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

[[noreturn]] void refuse(const char* why) { throw HttpError(400, why); }

// The value of `name` in "type; name=value; other=\"value\"".
std::optional<std::string> parameter(std::string_view field, std::string_view name) {
  const std::size_t begin = field.find(';');
  if (begin == std::string_view::npos) return std::nullopt;
  const boost::beast::http::param_list parameters(
      boost::beast::string_view(field.data() + begin, field.size() - begin));
  for (const auto& [key, value] : parameters) {
    if (equals_ignoring_case({key.data(), key.size()}, name)) return std::string(value.data(), value.size());
  }
  return std::nullopt;
}

// RFC 2046, 5.1.1.
bool is_boundary(std::string_view text) noexcept {
  constexpr std::string_view kOthers = "'()+_,-./:=? ";
  return !text.empty() && text.size() <= kLongestBoundary && text.back() != ' ' &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || kOthers.find(c) != kOthers.npos;
         });
}

// A client that may say what it likes must not lead out of the folder where its file is put.
std::string_view without_folders(std::string_view path) noexcept {
  const std::string_view name = path.substr(path.find_last_of("/\\") + 1);
  return name == "." || name == ".." ? std::string_view() : name;
}

// Where the end of `text` may be the beginning of the delimiter, which has one CR, its first byte; else the size.
std::size_t begin_of_prefix(std::string_view text, std::string_view delimiter) noexcept {
  const std::string_view tail = text.substr(text.size() - std::min(text.size(), delimiter.size()));
  const std::string_view begun = tail.substr(std::min(tail.rfind('\r'), tail.size()));
  return text.size() - (delimiter.starts_with(begun) ? begun.size() : 0);
}

// Whether what begins with the delimiter and goes on so is one: a longer text may begin like it. At least two bytes.
bool ends_delimiter(std::string_view rest) noexcept {
  return rest.starts_with("--") || rest[0] == '\r' || rest[0] == ' ' || rest[0] == '\t';
}

}  // namespace

MultipartReader::MultipartReader(const Request& request)
    : MultipartReader(request.header("Content-Type"),
                      [&request](std::span<std::byte> into) { return request.read_body(into); }) {}

MultipartReader::MultipartReader(std::string_view content_type, BodySource source)
    : source_(std::move(source)), piece_(kPiece, '\0'), buffer_(kLineBreak) {  // as if a line had come before
  constexpr std::string_view kType = "multipart/";
  if (!equals_ignoring_case(content_type.substr(0, kType.size()), kType))
    throw HttpError(415, "a multipart body is expected");
  const std::string boundary = parameter(content_type, "boundary").value_or(std::string());
  if (!is_boundary(boundary)) refuse("a multipart body without a boundary");
  delimiter_ = std::string(kLineBreak) + "--" + boundary;
}

std::string_view MultipartReader::header(std::string_view name) const noexcept {
  return field_or_empty(headers_, name);
}

// False at the body's end.
bool MultipartReader::fill() {
  const std::size_t count = source_(std::as_writable_bytes(std::span(piece_)));
  buffer_.erase(0, std::exchange(begin_, 0));
  buffer_.append(piece_, 0, count);
  return count != 0;
}

void MultipartReader::require_more() {
  if (!fill()) refuse("a multipart body breaks off");
}

// How many of the bytes that come next are no delimiter; 0 in front of one, of which two bytes more have come then.
std::size_t MultipartReader::find_data() {
  while (true) {
    const std::string_view rest = unread();
    const std::size_t at = std::min(rest.find(delimiter_), begin_of_prefix(rest, delimiter_));
    if (at != 0) return at;
    if (rest.size() >= delimiter_.size() + 2)
      return ends_delimiter(rest.substr(delimiter_.size())) ? 0 : delimiter_.size();
    require_more();
  }
}

bool MultipartReader::next() {
  if (place_ == Place::kBehind) return false;
  begin_ += std::exchange(data_, 0);
  while (const std::size_t passed = find_data()) begin_ += passed;
  begin_ += delimiter_.size();
  headers_.clear();
  name_.clear();
  filename_.clear();
  place_ = unread().starts_with("--") ? Place::kBehind : Place::kInside;
  if (place_ == Place::kBehind) return false;
  read_head();
  return true;
}

// The rest of the delimiter's line, and the fields.
void MultipartReader::read_head() {
  std::size_t end;
  for (std::size_t seen = 0; (end = unread().find(kHeadEnd, seen)) == std::string_view::npos;) {
    seen = unread().size() - std::min(unread().size(), kHeadEnd.size() - 1);
    if (unread().size() >= kMostHead + kHeadEnd.size()) refuse("a part's head is too long");
    require_more();
  }
  if (end > kMostHead) refuse("a part's head is too long");
  std::string_view rest = unread().substr(0, end + kLineBreak.size());
  for (bool is_first = true; !rest.empty(); is_first = false) {
    const std::string_view line = rest.substr(0, rest.find(kLineBreak));
    rest.remove_prefix(line.size() + kLineBreak.size());
    if (!is_first) {
      take_field(line);
    } else if (!trimmed(line).empty()) {
      refuse("a multipart body's boundary goes on");
    }
  }
  begin_ += end + kLineBreak.size();
  if (find_data() != 0)
    begin_ += kLineBreak.size();  // else the blank line is the next delimiter's: a part without a body
  const std::string_view disposition = header("Content-Disposition");
  name_ = parameter(disposition, "name").value_or(std::string());
  filename_ = without_folders(parameter(disposition, "filename").value_or(std::string()));
}

void MultipartReader::take_field(std::string_view line) {
  const std::size_t colon = std::min(line.find(':'), line.size());
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(std::min(colon + 1, line.size())));
  if (colon == line.size() || !is_token(name) || !is_field_value(value)) refuse("a part's header is none");
  if (headers_.size() == kMostFields) refuse("a part has too many headers");
  headers_.emplace_back(name, value);
}

std::size_t MultipartReader::read(std::span<std::byte> into) {
  if (place_ != Place::kInside || into.empty()) return 0;
  if (data_ == 0) data_ = find_data();
  const std::size_t count = std::min(into.size(), data_);
  if (count != 0) std::memcpy(into.data(), unread().data(), count);
  begin_ += count;
  data_ -= count;
  return count;
}

std::string MultipartReader::read_all(std::size_t most) {
  std::string all;
  if (place_ != Place::kInside) return all;
  while (data_ != 0 || (data_ = find_data()) != 0) {
    if (data_ > most - all.size()) throw HttpError(413, "a part is too large");
    all.append(unread().substr(0, data_));
    begin_ += std::exchange(data_, 0);
  }
  return all;
}

}  // namespace weft::http
