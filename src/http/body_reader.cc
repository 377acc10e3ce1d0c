#include "http/body_reader.h"

#include <algorithm>
#include <cstring>

#include "http/server_impl.h"

namespace weft::http {
namespace {

constexpr std::size_t kRawBytes = Input::kInlineBytes;  // what is left of them at the end fits into the input again
constexpr std::size_t kFirstReserve = 64 << 10;         // of a length that so far is only a claim

}  // namespace

BodyReader::BodyReader(Connection& connection, Input& input, RequestParser& parser,
                       const ResponseWriter& writer) noexcept
    : connection_(connection),
      input_(input),
      parser_(parser),
      writer_(writer),
      chunked_(parser.chunked()),
      client_waits_(parser.expects_continue()) {
  if (!chunked_) length_ = left_ = parser.content_length().value_or(0);
}

void BodyReader::fail(int status, const char* why) {
  broken_ = true;
  throw HttpError(status, why);
}

void BodyReader::begin_reading() {
  if (reading_) return;
  reading_ = true;
  if (!chunked_ && length_ > connection_.server().limits.max_body_bytes) fail(413, "the body is too large");
  connection_.limit_reads(Connection::Wait::kBody);
  if (client_waits_ && !at_end() && !writer_.header_sent()) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    iovec part{const_cast<char*>(kContinue.data()), kContinue.size()};
    std::error_code ec;
    connection_.write({&part, 1}, ec);
  }
  client_waits_ = false;
  if (chunked_) {
    parser_.body_limit(connection_.server().limits.max_body_bytes);
    raw_.assign(buffered());
    used_ += raw_.size();
  }
}

std::size_t BodyReader::receive(std::span<char> into) {
  std::error_code ec;
  const std::size_t count = connection_.read(into, ec);
  if (ec == errc::deadline_exceeded) fail(408, "the body did not come in time");
  if (count == 0) fail(400, "the body breaks off");
  return count;
}

// What came with the head first.
std::size_t BodyReader::take(std::span<char> into) {
  into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_)));
  if (into.empty()) return 0;
  std::size_t count = std::min(into.size(), buffered().size());
  if (count != 0) {
    std::memcpy(into.data(), buffered().data(), count);
    used_ += count;
  } else {
    count = receive(into);
  }
  left_ -= count;
  return count;
}

// Parses what is there, after receiving something if that is nothing.
void BodyReader::read_chunks() {
  while (!parser_.is_done()) {
    const std::size_t before = text_.size();
    const std::size_t used = raw_.empty() ? 0 : parser_.parse_chunked(raw_, text_);
    raw_.erase(0, used);
    if (parser_.status() != 0) {
      fail(parser_.status(), parser_.status() == 413 ? "the body is too large" : "a chunk that is none");
    }
    if (text_.size() != before || parser_.is_done()) return;
    const std::size_t had = raw_.size();
    if (had >= kRawBytes) fail(400, "a chunk's head without an end");
    raw_.resize(kRawBytes);
    std::size_t got = 0;
    try {
      got = receive(std::span(raw_).subspan(had));
    } catch (...) {
      raw_.resize(had);
      throw;
    }
    raw_.resize(had + got);
  }
}

std::string_view BodyReader::all() {
  if (has_all_) return all_;
  begin_reading();
  if (chunked_) {
    while (!at_end()) read_chunks();
    all_ = std::string_view(text_).substr(text_read_);
  } else if (buffered().size() >= left_) {
    all_ = buffered().substr(0, static_cast<std::size_t>(left_));
    used_ += all_.size();
    left_ = 0;
  } else {
    while (left_ != 0) {
      const std::size_t had = text_.size();
      const std::size_t more = std::max(had, kFirstReserve);
      text_.resize(had + static_cast<std::size_t>(std::min<std::uint64_t>(left_, more)));
      text_.resize(had + take(std::span(text_).subspan(had)));
    }
    all_ = text_;
  }
  has_all_ = true;
  text_read_ = text_.size();
  connection_.limit_reads(Connection::Wait::kNothing);
  return all_;
}

std::size_t BodyReader::read(std::span<std::byte> into) {
  if (has_all_ || (at_end() && text_read_ == text_.size())) return 0;
  begin_reading();
  const std::span<char> chars(reinterpret_cast<char*>(into.data()), into.size());
  if (!chunked_) {
    const std::size_t taken = take(chars);
    if (at_end()) connection_.limit_reads(Connection::Wait::kNothing);
    return taken;
  }
  if (text_read_ == text_.size()) {
    text_.clear();
    text_read_ = 0;
    if (!into.empty()) read_chunks();
    if (at_end()) connection_.limit_reads(Connection::Wait::kNothing);
  }
  const std::size_t count = std::min(chars.size(), text_.size() - text_read_);
  std::memcpy(chars.data(), text_.data() + text_read_, count);
  text_read_ += count;
  return count;
}

bool BodyReader::skip(std::size_t most) noexcept {
  if (at_end() && !chunked_) return true;
  if (client_waits_ || broken_) return false;
  try {
    std::array<std::byte, 4096> dropped;
    std::size_t count = 0;
    while (!at_end()) {
      const std::size_t read_now = read(dropped);
      count += read_now;
      if (count > most) return false;
    }
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void BodyReader::finish() noexcept {
  if (!chunked_) return input_.consume(parser_.head_bytes() + used_);
  input_.assign(raw_);
}

}  // namespace weft::http
