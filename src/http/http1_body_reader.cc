#include "http/http1_body_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "http/server_impl.h"

namespace weft::http {
namespace {

constexpr std::size_t kRawBytes = Input::kInlineBytes;  // what is left of them at the end fits into the input again
constexpr std::size_t kFirstReserve = 64 << 10;         // of a length that so far is only a claim

}  // namespace

Http1BodyReader::Http1BodyReader(Connection& connection, Input& input, RequestParser& parser,
                                 const ResponseWriter& writer) noexcept
    : connection_(connection),
      input_(input),
      parser_(parser),
      writer_(writer),
      chunked_(parser.chunked()),
      client_waits_(parser.expects_continue()) {
  if (!chunked_) length_ = left_ = parser.content_length().value_or(0);
}

void Http1BodyReader::begin_reading() {
  if (reading_) return;
  reading_ = true;
  if (!chunked_ && length_ > connection_.server().limits.max_body_bytes) return fail(std::errc::message_size);
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

std::size_t Http1BodyReader::receive(std::span<char> into) {
  const std::size_t count = connection_.read(into, error_);
  if (count == 0 && !error_) error_ = errc::end_of_stream;
  return count;
}

// What came with the head first.
std::size_t Http1BodyReader::take(std::span<char> into) {
  into = into.first(static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_)));
  if (into.empty() || error_) return 0;
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
void Http1BodyReader::read_chunks() {
  while (!parser_.is_done() && !error_) {
    const std::size_t before = text_.size();
    const std::size_t used = raw_.empty() ? 0 : parser_.parse_chunked(raw_, text_);
    raw_.erase(0, used);
    if (parser_.status() != 0) {
      return fail(parser_.status() == 413 ? std::errc::message_size : std::errc::bad_message);
    }
    if (text_.size() != before || parser_.is_done()) return;
    const std::size_t had = raw_.size();
    if (had >= kRawBytes) return fail(std::errc::bad_message);  // a chunk's head without an end
    raw_.resize(kRawBytes);
    raw_.resize(had + receive(std::span(raw_).subspan(had)));
  }
}

std::string_view Http1BodyReader::all(std::error_code& ec) {
  if (!has_all_) read_all();
  ec = error_;
  return all_;
}

void Http1BodyReader::read_all() {
  begin_reading();
  const bool has_come = !chunked_ && buffered().size() >= left_;
  while (!has_come && !at_end() && !error_) chunked_ ? read_chunks() : receive_text();
  const std::size_t unread = std::exchange(text_read_, text_.size());
  if (error_) return;
  if (has_come) {
    all_ = buffered().substr(0, static_cast<std::size_t>(left_));
    used_ += all_.size();
    left_ = 0;
  } else {
    all_ = std::string_view(text_).substr(unread);
  }
  has_all_ = true;
  connection_.limit_reads(Connection::Wait::kNothing);
}

void Http1BodyReader::receive_text() {
  const std::size_t had = text_.size();
  const std::size_t more = std::max(had, kFirstReserve);
  text_.resize(had + static_cast<std::size_t>(std::min<std::uint64_t>(left_, more)));
  text_.resize(had + take(std::span(text_).subspan(had)));
}

std::size_t Http1BodyReader::read(std::span<std::byte> into, std::error_code& ec) {
  std::size_t count = 0;
  if (!has_all_ && !(at_end() && text_read_ == text_.size())) {
    begin_reading();
    const std::span<char> chars(reinterpret_cast<char*>(into.data()), into.size());
    count = chunked_ ? take_parsed(chars) : take(chars);
    if (at_end()) connection_.limit_reads(Connection::Wait::kNothing);
  }
  ec = count == 0 ? error_ : std::error_code();
  return count;
}

std::size_t Http1BodyReader::take_parsed(std::span<char> into) {
  if (text_read_ == text_.size()) {
    text_.clear();
    text_read_ = 0;
    if (!into.empty()) read_chunks();
  }
  const std::size_t count = std::min(into.size(), text_.size() - text_read_);
  std::memcpy(into.data(), text_.data() + text_read_, count);
  text_read_ += count;
  return count;
}

bool Http1BodyReader::skip(std::size_t most) noexcept {
  if (at_end() && !chunked_) return true;
  if (client_waits_) return false;
  try {
    std::array<std::byte, 4096> dropped;
    std::error_code ec;
    std::size_t count = 0;
    while (!at_end()) {
      count += read(dropped, ec);
      if (ec || count > most) return false;
    }
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void Http1BodyReader::finish() noexcept {
  if (!chunked_) return input_.consume(parser_.head_bytes() + used_);
  input_.assign(raw_);
}

}  // namespace weft::http
