#include "http/http1_response_writer.h"

#include "http/compose.h"
#include "http/date.h"
#include "http/reason.h"
#include "http/server_impl.h"
#include "weft/error.h"

namespace weft::http {
namespace {

constexpr std::size_t kCopiedBytes = 2 << 10;  // a body up to that size is cheaper copied behind its head

iovec part_of(std::string_view text) noexcept { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

void Http1ResponseWriter::begin(std::optional<std::uint64_t> length) {
  if (connection_.server().draining()) close_after();
  if (!length && terms_.http_1_0) close_after();
  chunked_ = !length && !terms_.http_1_0 && has_body();
  append(head_, "HTTP/1.1 ");
  append_number(head_, static_cast<std::uint64_t>(status()));
  head_.push_back(' ');
  append(head_, reason(status()));
  append(head_, "\r\n");
  if (lacks_date()) {
    const auto date = http_date();
    append_line(head_, "Date", {date.data(), date.size()});
  }
  append(head_, {headers_.data(), headers_.size()});
  if (lacks_type(length)) append_line(head_, "Content-Type", kTextType);
  if (lacks_length(length)) {
    append(head_, "Content-Length: ");
    append_number(head_, *length);
    append(head_, "\r\n");
  }
  if (chunked_) append_line(head_, "Transfer-Encoding", "chunked");
  if (!goes_on()) {
    append_line(head_, "Connection", "close");
  } else if (terms_.said_keep_alive) {
    append_line(head_, "Connection", "keep-alive");
  }
  append(head_, "\r\n");
}

void Http1ResponseWriter::write_all(std::span<iovec> parts) {
  std::error_code ec;
  connection_.write(parts, ec);
  if (!ec) return;
  fail();
  throw std::system_error(ec, "weft::http::Response");
}

void Http1ResponseWriter::put(std::string_view body, bool last) {
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
  if (size_bytes == 0 && after.empty() && body.size() <= kCopiedBytes && !head_.empty()) {
    append(head_, body);
    body = {};
  }
  std::array<iovec, 4> parts;
  std::size_t count = 0;
  for (const std::string_view text :
       {std::string_view(head_.data(), head_.size()), std::string_view(size_line.data(), size_bytes), body, after}) {
    if (!text.empty()) parts[count++] = part_of(text);
  }
  write_all({parts.data(), count});
  head_.clear();
}

}  // namespace weft::http
