#include "http/response_writer.h"

#include <charconv>
#include <string>

#include "http/date.h"
#include "http/reason.h"
#include "http/server_impl.h"
#include "http/text.h"
#include "weft/error.h"

namespace weft::http {
namespace {

constexpr std::size_t kHeldBytes = 64 << 10;   // a body up to that size goes out at once, with its length
constexpr std::size_t kCopiedBytes = 2 << 10;  // a body up to that size is cheaper copied behind its head
constexpr std::string_view kTextType = "text/plain; charset=utf-8";

template <class Text>
void append(Text& text, std::string_view more) {
  text.insert(text.end(), more.begin(), more.end());
}

template <class Text>
void append_number(Text& text, std::uint64_t number, int base = 10) {
  std::array<char, 20> digits;
  const auto [end, failed] = std::to_chars(digits.begin(), digits.end(), number, base);
  append(text, {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

template <class Text>
void append_line(Text& text, std::string_view name, std::string_view value) {
  append(text, name);
  append(text, ": ");
  append(text, value);
  append(text, "\r\n");
}

iovec part_of(std::string_view text) noexcept { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

void ResponseWriter::require_unsent(const char* what) const {
  if (header_sent_) throw usage_error(std::string("weft::http::Response::") + what + ": the header is sent already");
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

ResponseWriter::Text ResponseWriter::compose_head(std::optional<std::uint64_t> length) {
  Text head;
  append(head, "HTTP/1.1 ");
  append_number(head, static_cast<std::uint64_t>(status_));
  head.push_back(' ');
  append(head, reason(status_));
  append(head, "\r\n");
  if (!has_date_) {
    const auto date = http_date();
    append_line(head, "Date", {date.data(), date.size()});
  }
  append(head, {headers_.data(), headers_.size()});
  if (!has_type_ && length != 0 && status_ != 204 && status_ != 304) append_line(head, "Content-Type", kTextType);
  if (length && !declared_ && status_ != 204 && status_ != 304) {
    append(head, "Content-Length: ");
    append_number(head, *length);
    append(head, "\r\n");
  }
  if (chunked_) append_line(head, "Transfer-Encoding", "chunked");
  if (!terms_.keep_alive) {
    append_line(head, "Connection", "close");
  } else if (terms_.said_keep_alive) {
    append_line(head, "Connection", "keep-alive");
  }
  append(head, "\r\n");
  return head;
}

void ResponseWriter::put(std::span<iovec> parts) {
  std::error_code ec;
  connection_.write(parts, ec);
  if (!ec) return;
  failed_ = true;
  throw std::system_error(ec, "weft::http::Response");
}

void ResponseWriter::send_part(std::string_view body, bool last) {
  if (failed_) throw std::system_error(make_error_code(errc::closed), "weft::http::Response");
  if (declared_ && has_body() && sent_ + body.size() > *declared_) {
    throw usage_error("weft::http::Response: more was written than Content-Length says");
  }
  sent_ += body.size();
  if (terms_.head_only && !last && !header_sent_) return;  // its length shows at the end
  Text head;
  if (!header_sent_) {
    if (connection_.server().draining()) close_after();
    const bool whole = last || declared_;
    if (!whole && terms_.http_1_0) close_after();
    chunked_ = !whole && !terms_.http_1_0 && has_body();
    head = compose_head(whole ? std::optional(sent_) : std::nullopt);
    header_sent_ = true;
  }
  if (!has_body()) body = {};
  std::array<char, 18> size_line;
  std::string_view after;
  std::size_t size_bytes = 0;
  if (chunked_ && !body.empty()) {
    const auto end = std::to_chars(size_line.begin(), size_line.end(), body.size(), 16).ptr;
    end[0] = '\r';
    end[1] = '\n';
    size_bytes = static_cast<std::size_t>(end + 2 - size_line.data());
    after = last ? "\r\n0\r\n\r\n" : "\r\n";
  } else if (chunked_ && last) {
    after = "0\r\n\r\n";
  }
  if (size_bytes == 0 && after.empty() && body.size() <= kCopiedBytes && !head.empty()) {
    append(head, body);
    body = {};
  }
  std::array<iovec, 4> parts;
  std::size_t count = 0;
  for (const std::string_view text :
       {std::string_view(head.data(), head.size()), std::string_view(size_line.data(), size_bytes), body, after}) {
    if (!text.empty()) parts[count++] = part_of(text);
  }
  put({parts.data(), count});
}

void ResponseWriter::write(std::string_view bytes) {
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

bool ResponseWriter::finish() noexcept {
  if (failed_) return false;
  try {
    if (!header_sent_ || chunked_ || !body_.empty()) send_part({body_.data(), body_.size()}, true);
  } catch (const std::exception&) {
    return false;
  }
  return terms_.keep_alive;
}

}  // namespace weft::http
