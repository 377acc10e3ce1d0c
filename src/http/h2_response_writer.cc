#include "http/h2_response_writer.h"

#include <nghttp2/nghttp2.h>
#include <algorithm>
#include <array>
#include <cstring>

#include "http/compose.h"
#include "http/date.h"
#include "http/h2_session.h"
#include "http/h2_stream.h"
#include "http/limit.h"
#include "http/server_impl.h"
#include "http/text.h"
#include "weft/error.h"

namespace weft::http {
namespace {

// Those are about a connection, of which HTTP/2 has ways of its own to speak (RFC 9113, 8.2.2).
bool is_of_connection(std::string_view lower_name) noexcept {
  constexpr std::array<std::string_view, 5> kNames{"connection", "keep-alive", "proxy-connection", "transfer-encoding",
                                                   "upgrade"};
  return std::find(kNames.begin(), kNames.end(), lower_name) != kNames.end();
}

nghttp2_nv field(std::string_view name, std::string_view value) noexcept {
  const auto octets = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {octets(name), octets(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

void H2ResponseWriter::begin(std::optional<std::uint64_t> length) {
  if (lacks_date()) {
    const auto date = http_date();
    append_line(headers_, "date", {date.data(), date.size()});
  }
  if (lacks_type(length)) append_line(headers_, "content-type", kTextType);
  if (lacks_length(length)) {
    append(headers_, "content-length: ");
    append_number(headers_, *length);
    append(headers_, "\r\n");
  }
}

bool H2ResponseWriter::submit_head_locked(bool has_data) {
  std::array<char, 3> status_text;
  std::to_chars(status_text.begin(), status_text.end(), status());
  boost::container::small_vector<nghttp2_nv, 24> fields;
  fields.push_back(field(":status", {status_text.data(), status_text.size()}));
  for (char* line = headers_.data(); line != headers_.data() + headers_.size();) {
    char* const colon = std::find(line, headers_.data() + headers_.size(), ':');
    char* const end = std::find(colon, headers_.data() + headers_.size(), '\n');
    std::transform(line, colon, line, lower);
    const std::string_view name(line, static_cast<std::size_t>(colon - line));
    const std::string_view value(colon + 1, static_cast<std::size_t>(end - 1 - (colon + 1)));
    if (!is_of_connection(name)) fields.push_back(field(name, trimmed(value)));
    line = end + 1;
  }
  return stream_.submit_response_locked({fields.data(), fields.size()}, has_data);
}

void H2ResponseWriter::fail_with(std::error_code ec) {
  fail();
  throw std::system_error(ec, "weft::http::Response");
}

void H2ResponseWriter::put(std::string_view body, bool last) {
  Lock lock(stream_.session().mutex());
  if (stream_.is_cut_locked()) fail_with(stream_.session().why_cut_locked());
  pending_ = body;
  last_ = last;
  if (!has_begun_) {
    has_begun_ = true;
    if (closes_after()) stream_.session().drain_locked();
    if (!submit_head_locked(!last || !body.empty())) fail_with(std::make_error_code(std::errc::not_enough_memory));
  } else if (deferred_) {
    deferred_ = false;
    stream_.resume_locked();
  }
  if (last) return;
  lock.unlock();
  stream_.session().flush(H2Session::Patience::kNone);
  lock.lock();
  wait_until_taken_locked(lock);
}

// As long as some of it is taken within the timeout, it goes on.
void H2ResponseWriter::wait_until_taken_locked(Lock& lock) {
  const std::chrono::nanoseconds limit = stream_.server().limits.write_timeout;
  std::error_code ec;
  while (!pending_.empty() && !ec) {
    const std::size_t before = pending_.size();
    const auto is_settled = [&] { return pending_.empty() || stream_.is_cut_locked(); };
    const bool settled = stream_.wait_locked(lock, end_of(limit), is_settled);
    if (stream_.is_cut_locked()) {
      ec = stream_.session().why_cut_locked();
    } else if (!settled && pending_.size() == before) {
      ec = errc::deadline_exceeded;
    }
  }
  if (!ec) return;
  pending_ = {};
  last_ = false;
  fail_with(ec);
}

std::ptrdiff_t H2ResponseWriter::read_locked(std::uint8_t* into, std::size_t room, std::uint32_t& flags) noexcept {
  const std::size_t count = std::min(room, pending_.size());
  if (count != 0) {
    std::memcpy(into, pending_.data(), count);
    stream_.session().on_answer_taken_locked();
  }
  pending_.remove_prefix(count);
  if (pending_.empty() && last_) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
  } else if (count == 0) {
    deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  } else if (pending_.empty()) {
    stream_.wake_locked();
  }
  return static_cast<std::ptrdiff_t>(count);
}

}  // namespace weft::http
