// How long an HTTP/2 connection may wait for its client, and how it ends in order.
//
// The read side has one deadline, for what the connection as a whole waits for; a handler waits for its body and its
// client with deadlines of its own.
//
//   waits for   while                                            the limit
//   the head    the preface or a request's fields are incomplete read_header_timeout
//   a request   no stream is open and no handler runs            idle_timeout
//   a taker     no handler runs, but answers are not taken yet   write_timeout, anew with each that some was taken in
//   a last word the connection is given up, and another writes   500 ms; what comes meanwhile is thrown away
//   the end     nothing is left to read or write                 none: the read side is to look at once
//   nothing     handlers run                                     none
//
// A drain says GOAWAY twice (RFC 9113, 6.8): first with the greatest number, which forbids nothing that is under way,
// and with the number of the last request once the client has heard that, which its answer to a PING shows; after a
// second in any case, and at once where no stream is open. Then nghttp2 is over when the last stream is.
#include <nghttp2/nghttp2.h>
#include <algorithm>
#include <array>

#include "http/h2_session.h"
#include "http/limit.h"
#include "http/server_impl.h"

namespace weft::http {
namespace {

using Direction = net::Descriptor::Direction;

constexpr std::array<std::uint8_t, 8> kDrainPing{'d', 'r', 'a', 'i', 'n', 'i', 'n', 'g'};
constexpr std::chrono::seconds kLongestNotice{1};
constexpr std::chrono::milliseconds kLongestLastWord{500};

}  // namespace

H2Session::Awaited H2Session::awaited_now_locked() const noexcept {
  if (over_) return Awaited::kEnd;
  if (gave_up_) return Awaited::kLastWord;
  if (in_head_) return Awaited::kHead;
  if (handlers_ != 0) return Awaited::kNothing;
  return open_ != 0 ? Awaited::kTaking : Awaited::kRequest;
}

void H2Session::count_serving_locked() noexcept {
  const bool serves = open_ + handlers_ != 0;
  detail::Atomic<std::uint64_t>& serving = connection_.server().counters.serving;
  if (serves != serves_)
    serves ? serving.fetch_add(1, std::memory_order_relaxed) : serving.fetch_sub(1, std::memory_order_relaxed);
  serves_ = serves;
}

void H2Session::note_state_locked() noexcept {
  count_serving_locked();
  if (dead_) return;
  const Awaited now = awaited_now_locked();
  if (now == awaited_ && !(now == Awaited::kTaking && was_taken_)) return;
  const Limits& limits = connection_.server().limits;
  awaited_ = now;
  was_taken_ = false;
  deadline_ = now == Awaited::kHead       ? end_of(limits.read_header_timeout)
              : now == Awaited::kRequest  ? end_of(limits.idle_timeout)
              : now == Awaited::kTaking   ? end_of(limits.write_timeout)
              : now == Awaited::kLastWord ? detail::deadline_after(kLongestLastWord)
              : now == Awaited::kEnd      ? detail::monotonic_now()
                                          : detail::kNever;
  connection_.descriptor().set_deadline(Direction::kRead, deadline_);
  if (awaits_last_call() && !over_) connection_.renew_last_call();
}

// The server drains, and the client was let in but has not asked yet.
bool H2Session::awaits_last_call() const noexcept { return connection_.is_fresh() && connection_.server().draining(); }

// The last call has passed. What has come in spite of that counts, for it may be the server that was held up.
void H2Session::end_last_call(std::span<char> buffer) noexcept {
  connection_.has_been_asked();
  {
    const std::lock_guard guard(mutex_);
    awaited_ = Awaited::kNothing;  // so that its deadline is set again
    note_state_locked();
  }
  constexpr int kMostPieces = 4;  // a greeting, a request, and what a client may say between them
  std::error_code ec;
  ssize_t count = 0;
  for (int i = 0; i < kMostPieces && connection_.read_now(buffer, ec, count) && count > 0; ++i)
    receive({buffer.data(), static_cast<std::size_t>(count)});
}

// A read ended with its deadline. False: it was one of the time before this was HTTP/2, or an older one.
bool H2Session::is_due() noexcept {
  {
    const std::lock_guard guard(mutex_);
    note_state_locked();
    if (detail::monotonic_now() < deadline_) {  // so that the read that comes next waits
      connection_.descriptor().set_deadline(Direction::kRead, deadline_);
      return false;
    }
    if (over_ || gave_up_) return true;
    if (awaited_ == Awaited::kHead) on_bad_request_locked();
    terminate_locked(awaited_ == Awaited::kHead ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_NO_ERROR);
  }
  flush(Patience::kNone);
  return true;
}

void H2Session::drain_locked() noexcept {
  if (dead_) return;
  if (drain_ == Drain::kNot) {
    drain_ = Drain::kNoticed;
    noticed_at_ = std::chrono::steady_clock::now();
    ::nghttp2_submit_shutdown_notice(nghttp2_);
    if (open_ != 0) ::nghttp2_submit_ping(nghttp2_, NGHTTP2_FLAG_NONE, kDrainPing.data());
  }
  drain_further_locked();
}

// True: the last word was left as a frame.
bool H2Session::drain_further_locked() noexcept {
  if (drain_ != Drain::kNoticed) return false;
  const bool was_heard = open_ == 0 || notice_was_heard_;
  if (!was_heard && std::chrono::steady_clock::now() - noticed_at_ < kLongestNotice) return false;
  drain_ = Drain::kSaid;
  last_taken_ = ::nghttp2_session_get_last_proc_stream_id(nghttp2_);
  ::nghttp2_submit_goaway(nghttp2_, NGHTTP2_FLAG_NONE, last_taken_, NGHTTP2_NO_ERROR, nullptr, 0);
  return true;
}

void H2Session::on_ping_answered_locked(const std::uint8_t* payload) noexcept {
  if (std::equal(kDrainPing.begin(), kDrainPing.end(), payload)) notice_was_heard_ = true;
  drain_further_locked();
}

}  // namespace weft::http
