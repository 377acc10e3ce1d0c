#include "http/response_writer.h"

#include <charconv>
#include <string>

#include "http/compose.h"
#include "http/text.h"
#include "weft/error.h"

namespace weft::http {
namespace {

constexpr std::size_t kHeldBytes = 64 << 10;  // a body up to that size goes out at once, with its length

}  // namespace

void ResponseWriter::require_unsent(const char* what) const {
  if (header_sent_) throw usage_error(std::string("weft::http::Response::") + what + ": the header is sent already");
}

void ResponseWriter::require_whole() const {
  if (failed_) throw std::system_error(make_error_code(errc::closed), "weft::http::Response");
}

void ResponseWriter::set_status(int code) {
  require_unsent("status");
  if (!is_status(code)) {
    throw usage_error("weft::http::Response::status(" + std::to_string(code) + "): allowed are 200 to 599");
  }
  status_ = code;
}

void ResponseWriter::note_header(std::string_view name, std::string_view value) {
  require_unsent("set_header");
  if (!is_token(name) || !is_field_value(value)) {
    throw usage_error(
        "weft::http::Response::set_header(\"" + std::string(name) + "\"): " +
        (is_token(name) ? "the value has a line break or another control character" : "this is no name of a header"));
  }
  if (equals_ignoring_case(name, "transfer-encoding")) {
    throw usage_error("weft::http::Response::set_header(\"Transfer-Encoding\"): the server chooses it");
  }
  if (equals_ignoring_case(name, "content-type")) has_type_ = true;
  if (equals_ignoring_case(name, "date")) has_date_ = true;
  if (equals_ignoring_case(name, "connection") && equals_ignoring_case(value, "close")) close_after();
  if (equals_ignoring_case(name, "content-length")) {
    std::uint64_t length = 0;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (failed != std::errc() || end != value.data() + value.size())
      throw usage_error("weft::http::Response::set_header(\"Content-Length\"): the value is no number");
    declared_ = length;
  }
}

void ResponseWriter::remove_header(std::string_view name) noexcept {
  for (auto line = headers_.begin(); line != headers_.end();) {
    const auto end = std::find(line, headers_.end(), '\n') + 1;
    const std::string_view text(&*line, static_cast<std::size_t>(end - line));
    if (equals_ignoring_case(text.substr(0, text.find(':')), name)) {
      line = headers_.erase(line, end);
    } else {
      line = end;
    }
  }
}

void ResponseWriter::set_header(std::string_view name, std::string_view value) {
  note_header(name, value);
  remove_header(name);
  if (!equals_ignoring_case(name, "connection") || !equals_ignoring_case(value, "close"))
    append_line(headers_, name, value);
}

void ResponseWriter::add_header(std::string_view name, std::string_view value) {
  if (equals_ignoring_case(name, "content-length")) return set_header(name, value);  // there is one at most
  note_header(name, value);
  append_line(headers_, name, value);
}

void ResponseWriter::send_part(std::string_view body, bool last) {
  require_whole();
  if (declared_ && has_body() && sent_ + body.size() > *declared_) {
    throw usage_error("weft::http::Response: more was written than Content-Length says");
  }
  sent_ += body.size();
  if (head_only_ && !last && !header_sent_) return;  // its length shows at the end
  if (!header_sent_) {
    begin(last || declared_ ? std::optional(sent_) : std::nullopt);
    header_sent_ = true;
  }
  put(has_body() ? body : std::string_view(), last);
}

void ResponseWriter::write(std::string_view bytes) {
  require_whole();
  if (body_.size() + bytes.size() > kHeldBytes) {
    flush();
    if (bytes.size() > kHeldBytes / 2) return send_part(bytes, false);
  }
  append(body_, bytes);
}

void ResponseWriter::flush() {
  if (body_.empty() && header_sent_) return;
  send_part({body_.data(), body_.size()}, false);
  body_.clear();
}

void ResponseWriter::send(std::string_view content_type, std::string_view body) {
  if (!has_type_ && !header_sent_) set_header("Content-Type", content_type);
  if (header_sent_ || !body_.empty() || body.size() <= kHeldBytes || declared_) return write(body);
  declared_ = body.size();
  append(headers_, "Content-Length: ");
  append_number(headers_, body.size());
  append(headers_, "\r\n");
  send_part(body, false);
}

void ResponseWriter::error(int code, std::string_view message) {
  require_unsent("error");
  set_status(code);
  for (const std::string_view name :
       {"Content-Type", "Content-Length", "Content-Encoding", "ETag", "Last-Modified", "Cache-Control"}) {
    remove_header(name);
  }
  declared_.reset();
  body_.clear();
  sent_ = 0;
  has_type_ = false;
  set_header("Content-Type", kTextType);
  add_header("X-Content-Type-Options", "nosniff");
  write(message);
  write("\n");
}

void ResponseWriter::require_declared_length() const {
  const std::uint64_t written = sent_ + body_.size();
  if (failed_ || !declared_ || !has_body() || written == *declared_) return;
  throw usage_error("weft::http::Response: " + std::to_string(written) + " bytes were written, Content-Length says " +
                    std::to_string(*declared_));
}

bool ResponseWriter::send_rest() noexcept {
  if (failed_) return false;
  try {
    send_part({body_.data(), body_.size()}, true);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace weft::http
