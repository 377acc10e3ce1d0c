#include "http/h2_body_reader.h"

#include <algorithm>
#include <cstring>

#include "http/h2_session.h"
#include "http/h2_stream.h"
#include "http/limit.h"
#include "http/server_impl.h"

namespace weft::http {

void H2BodyReader::append_locked(std::string_view bytes) {
  if (discarded_) {
    stream_.session().consume_locked(stream_.id(), bytes.size());
    return;
  }
  if (begin_ >= received_.size() / 2) {
    received_.erase(0, begin_);
    begin_ = 0;
  }
  received_.append(bytes);
}

void H2BodyReader::discard_locked() noexcept {
  discarded_ = true;
  stream_.session().consume_locked(stream_.id(), received_.size() - begin_);
  received_ = {};
  begin_ = 0;
}

bool H2BodyReader::tell_to_continue_locked() noexcept {
  const bool waits = stream_.request().expects_continue() && !ended_ && received_.empty();
  if (!waits || stream_.writer().header_sent() || stream_.is_cut_locked()) return false;
  stream_.submit_continue_locked();
  return true;
}

void H2BodyReader::begin_reading() {
  if (reading_) return;
  reading_ = true;
  const Limits& limits = stream_.server().limits;
  deadline_ = end_of(limits.read_body_timeout);
  if (stream_.request().content_length().value_or(0) > limits.max_body_bytes)
    return fail(std::make_error_code(std::errc::message_size));
  if (!stream_.request().expects_continue()) return;
  Lock lock(stream_.session().mutex());
  if (!tell_to_continue_locked()) return;
  lock.unlock();
  stream_.session().flush(H2Session::Patience::kNone);
}

bool H2BodyReader::wait_locked(Lock& lock) {
  const auto is_settled = [&] { return begin_ != received_.size() || ended_ || stream_.is_cut_locked(); };
  if (!stream_.wait_locked(lock, deadline_, is_settled)) {
    fail(errc::deadline_exceeded);
  } else if (begin_ != received_.size()) {
    return true;
  } else if (!ended_) {
    fail(errc::end_of_stream);
  }
  return false;
}

template <class Use>
std::size_t H2BodyReader::take(std::size_t most, Use&& use) {
  begin_reading();
  if (error_) return 0;
  Lock lock(stream_.session().mutex());
  if (!wait_locked(lock)) return 0;
  const std::size_t count = std::min(most, received_.size() - begin_);
  if (taken_ + count > stream_.server().limits.max_body_bytes) {
    fail(std::make_error_code(std::errc::message_size));
    return 0;
  }
  use(std::string_view(received_).substr(begin_, count));
  begin_ += count;
  taken_ += count;
  const bool opened = stream_.session().consume_locked(stream_.id(), count);
  lock.unlock();
  if (opened) stream_.session().flush(H2Session::Patience::kNone);
  return count;
}

std::string_view H2BodyReader::all(std::error_code& ec) {
  while (!has_all_) has_all_ = take(SIZE_MAX, [&](std::string_view bytes) { text_.append(bytes); }) == 0;
  ec = error_;
  return error_ ? std::string_view() : text_;
}

std::size_t H2BodyReader::read(std::span<std::byte> into, std::error_code& ec) {
  const auto copy = [&](std::string_view bytes) { std::memcpy(into.data(), bytes.data(), bytes.size()); };
  const std::size_t count = has_all_ || into.empty() ? 0 : take(into.size(), copy);
  ec = count == 0 ? error_ : std::error_code();
  return count;
}

}  // namespace weft::http
