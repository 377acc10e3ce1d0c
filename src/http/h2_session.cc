// HTTP/2 on one connection (RFC 9113): nghttp2 knows the protocol and does no I/O; here is who calls it.
//
// WORDS      read side    what reads the connection: its watcher, or the goroutine that the watcher starts for a burst
//            handler      the goroutine of a request; it reads the body and writes the answer
//            frames left  nghttp2 has frames that are not in the output yet
//            flusher      who has the role of taking frames from nghttp2 and writing them to the socket
//
//     socket --> read side --> nghttp2_session_mem_recv --> streams --> handlers
//                                    (mutex)                               |
//     socket <-- flusher  <-- nghttp2_session_mem_send <-- frames left <---+
//
// INVARIANTS [h2.I1] nghttp2, and what a session and its streams mark as locked, is touched under the session's mutex;
//                    no system call and no handler runs under it. But for `output_`, which is the flusher's
//            [h2.I2] `users_` counts the read side, the handlers and a flusher that is nothing else. The connection,
//                    and the session with it, goes with the last: whoever it is touches nothing afterwards
//            [h2.I3] where frames are left somebody is the flusher, or is about to call flush(): who leaves some calls
//                    it after, and the flusher finds nothing under the lock under which it gives the role up
//            [h2.I4] a stream's object goes once nghttp2 has closed the stream and its handler has returned
//            [h2.I5] no more handlers run than Limits::max_concurrent_streams, whatever a client resets: a stream
//                    that comes above that is refused
//            [h2.I6] the read side waits for nothing but the socket's bytes: it never waits for the client to take some
//            [h2.I7] once the session is dead nothing is read, pulled or submitted, every stream is cut, and the
//                    descriptor is about to be closed: so whoever waits wakes, and the handlers return
//
// PROTOCOL   a request    the read side makes a stream as its head begins, and starts the handler when the head is
//                         complete, after it has let go of the lock
//            an answer    the handler leaves frames and flushes. Many handlers at once coalesce: the flusher lets those
//                         that are ready to run leave theirs first, and while it is in the system call too, and takes
//                         them all with the next
//            a body       waits in the stream, which opens the windows as the handler takes it [h2_body_reader.h]
//            the flusher  the read side and a handler that has more to do write without waiting, and a few pieces at
//                         most; then a goroutine goes on. A handler that is done writes all there is
//            the end      the read side sees it: the client's, an error's, a deadline's, or `over_`, for which the
//                         flusher sets the deadline to now. It marks the session dead, closes, and leaves
//
// MEMORY     of a connection: nghttp2's tables and its frame, some 15 KiB; while frames are written up to 32 KiB of
//            output; bodies not taken up to kH2ConnectionWindow; for each stream 64 KiB of held answer, a head of
//            max_header_bytes, and a handler
//
// REJECTED   [h2.R1] a goroutine that reads and one that writes, as in Go: an idle connection would hold two stacks
//            [h2.R2] to wait, in each handler, until its answer has gone: two switches a request where another flushes
//            [h2.R3] to flush at once while other handlers are ready: on one processor a system call an answer, 9.6 us
//                    of CPU and not 2.2 (bench/net/load.py http2, 8 connections with 32 streams)
#include "http/h2_session.h"

#include <nghttp2/nghttp2.h>
#include <array>
#include <charconv>
#include <new>
#include <utility>

#include "http/h2_events.h"
#include "http/server_impl.h"
#include "weft/error.h"
#include "weft/runtime.h"

namespace weft::http {
namespace {

constexpr std::size_t kReadBytes = 8 << 10;  // on the stack, as an HTTP/1.1 connection's input

template <class Number>
std::uint32_t to_setting(Number value) noexcept {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, INT32_MAX));
}

bool submit_settings(nghttp2_session* session, const Limits& limits) noexcept {
  const std::array<nghttp2_settings_entry, 4> settings{{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, to_setting(limits.max_concurrent_streams)},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kH2StreamWindow},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, to_setting(limits.max_header_bytes)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  return ::nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0 &&
         ::nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kH2ConnectionWindow) == 0;
}

}  // namespace

std::unique_ptr<Multiplexer> make_http2(Connection& connection, std::string_view received) {
  auto session = std::make_unique<H2Session>(connection);
  return session->begin(received) ? std::move(session) : nullptr;
}

const bool kSpeaksHttp2 = true;

H2Session::~H2Session() { ::nghttp2_session_del(nghttp2_); }

bool H2Session::begin(std::string_view received) noexcept {
  {
    const std::lock_guard guard(mutex_);
    nghttp2_ = make_h2_server(*this);
    if (nghttp2_ == nullptr || !submit_settings(nghttp2_, connection_.server().limits)) return false;
  }
  receive(received);
  return true;
}

// Whoever the watcher tells may end the connection at once: then nothing of it is touched here any more.
void H2Session::serve() noexcept {
  std::array<char, kReadBytes> buffer;
  while (goes_on()) {
    std::error_code ec;
    const ssize_t count = connection_.read_or_watch(buffer, ec);
    if (count == net::Descriptor::kWatching) return;
    if (count > 0) {
      receive({buffer.data(), static_cast<std::size_t>(count)});
    } else if (ec != errc::deadline_exceeded) {
      break;
    } else if (awaits_last_call()) {
      end_last_call(buffer);
    } else if (is_due()) {
      break;
    }
  }
  end();
}

// A server that drains says so; a client that was let in and has not asked yet has its last call first.
bool H2Session::goes_on() noexcept {
  if (connection_.server().draining() && !connection_.is_fresh()) {
    {
      const std::lock_guard guard(mutex_);
      drain_locked();
    }
    flush(Patience::kNone);
  }
  const std::lock_guard guard(mutex_);
  note_state_locked();
  return !over_ && !dead_ && (!gave_up_ || is_flushing_);  // whoever writes the last word makes it over
}

void H2Session::receive(std::string_view bytes) noexcept {
  H2Stream* ready = nullptr;
  {
    const std::lock_guard guard(mutex_);
    if (dead_ || gave_up_) return;
    const ssize_t used =
        ::nghttp2_session_mem_recv(nghttp2_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (used < 0) {
      if (used != NGHTTP2_ERR_NOMEM) on_bad_request_locked();
      terminate_locked(used == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR);
    }
    // However a client packs them, fields that are no more than allowed take no more than that.
    head_bytes_ += bytes.size();
    if (in_head_ && head_bytes_ > 4 * connection_.server().limits.max_header_bytes + kReadBytes) {
      on_bad_request_locked();
      terminate_locked(NGHTTP2_ENHANCE_YOUR_CALM);
    }
    ready = std::exchange(first_ready_, nullptr);
    last_ready_ = &first_ready_;
    count_serving_locked();  // before a handler can ask
  }
  while (ready != nullptr) start(std::exchange(ready, ready->next_ready));
  flush(Patience::kNone);
}

void H2Session::start(H2Stream* ready) noexcept {
  try {
    go({.name = "http2"}, [ready] { ready->run(); });
  } catch (const std::exception&) {  // no memory for a stack: the client may come again
    connection_.server().counters.accept_errors.fetch_add(1, std::memory_order_relaxed);
    {
      const std::lock_guard guard(mutex_);
      reset_stream_locked(ready->id(), NGHTTP2_REFUSED_STREAM);
    }
    handler_returned(*ready, Patience::kNone);
  }
}

int H2Session::on_begin_head_locked(std::int32_t id, bool is_trailer) {
  in_head_ = true;
  if (awaited_ == Awaited::kHead) awaited_ = Awaited::kNothing;  // of the one before: this one has its own time
  head_bytes_ = 0;
  if (is_trailer) return 0;
  connection_.has_been_asked();
  auto stream = std::make_unique<H2Stream>(*this, id);
  if (::nghttp2_session_set_stream_user_data(nghttp2_, id, stream.get()) != 0) return NGHTTP2_ERR_CALLBACK_FAILURE;
  add_locked(*stream.release());
  ++open_;
  return 0;
}

int H2Session::on_request_locked(H2Stream& stream, bool has_body) {
  if (const int status = stream.request().finish(); status != 0) {
    refuse_locked(stream, status);
    return 0;
  }
  const bool is_excluded = stream.id() > last_taken_;  // the client was told, or is about to be, that nobody saw it
  if (is_excluded || handlers_ >= connection_.server().limits.max_concurrent_streams) {  // [h2.I5]
    stream.received().discard_locked();
    reset_stream_locked(stream.id(), NGHTTP2_REFUSED_STREAM);
    return 0;
  }
  stream.prepare();
  if (!has_body) stream.received().be_empty();
  stream.is_running = true;
  ++handlers_;
  ++users_;
  *last_ready_ = &stream;
  last_ready_ = &stream.next_ready;
  return 0;
}

// No handler hears of it.
void H2Session::refuse_locked(H2Stream& stream, int status) noexcept {
  on_bad_request_locked();
  std::array<char, 3> digits;
  std::to_chars(digits.begin(), digits.end(), status);
  std::array<std::uint8_t, 7> name{':', 's', 't', 'a', 't', 'u', 's'};
  const nghttp2_nv field{name.data(), reinterpret_cast<std::uint8_t*>(digits.data()), name.size(), digits.size(),
                         NGHTTP2_NV_FLAG_NONE};
  stream.received().discard_locked();
  if (!stream.submit_response_locked({&field, 1}, false)) reset_stream_locked(stream.id(), NGHTTP2_INTERNAL_ERROR);
}

void H2Session::on_bad_request_locked() noexcept {
  connection_.server().counters.bad_requests.fetch_add(1, std::memory_order_relaxed);
}

// What a client sends of a request that is answered already is not wanted any more.
void H2Session::on_answer_sent_locked(std::int32_t stream) noexcept {
  if (::nghttp2_session_get_stream_remote_close(nghttp2_, stream) == 0) reset_stream_locked(stream, NGHTTP2_NO_ERROR);
}

void H2Session::on_stream_end_locked(H2Stream* stream, std::uint32_t code) noexcept {
  if (stream == nullptr) return;
  --open_;
  stream->cut_locked();
  if (code != NGHTTP2_NO_ERROR && !resets_.take(ResetBudget::Clock::now())) {
    terminate_locked(NGHTTP2_ENHANCE_YOUR_CALM);
  }
  if (code != NGHTTP2_NO_ERROR) stream->received().discard_locked();  // the connection's window is for others
  if (!stream->is_running) remove_locked(*stream);                    // [h2.I4]
}

void H2Session::handler_returned(H2Stream& stream, Patience patience) noexcept {
  {
    const std::lock_guard guard(mutex_);
    --handlers_;
    stream.is_running = false;
    stream.received().discard_locked();                 // the connection's window opens again in any case
    if (stream.is_cut_locked()) remove_locked(stream);  // [h2.I4]
  }
  flush(patience);
  leave();
}

bool H2Session::consume_locked(std::int32_t stream, std::size_t bytes) noexcept {
  if (dead_ || bytes == 0) return false;
  ::nghttp2_session_consume(nghttp2_, stream, bytes);
  return ::nghttp2_session_want_write(nghttp2_) != 0;
}

void H2Session::reset_stream_locked(std::int32_t stream, std::uint32_t code) noexcept {
  if (!dead_) ::nghttp2_submit_rst_stream(nghttp2_, NGHTTP2_FLAG_NONE, stream, code);
}

void H2Session::add_locked(H2Stream& stream) noexcept {
  stream.next = streams_;
  if (streams_ != nullptr) streams_->prev = &stream;
  streams_ = &stream;
}

void H2Session::remove_locked(H2Stream& stream) noexcept {
  (stream.prev != nullptr ? stream.prev->next : streams_) = stream.next;
  if (stream.next != nullptr) stream.next->prev = stream.prev;
  delete &stream;
}

void H2Session::terminate_locked(std::uint32_t code) noexcept {
  gave_up_ = true;
  if (!dead_) ::nghttp2_session_terminate_session(nghttp2_, code);
}

// [h2.I7]
void H2Session::cut_locked(std::error_code why) noexcept {
  if (dead_) return;
  dead_ = true;
  why_cut_ = why;
  open_ = 0;
  for (H2Stream* each = streams_; each != nullptr;) {
    H2Stream& stream = *std::exchange(each, each->next);
    stream.cut_locked();
    if (!stream.is_running) remove_locked(stream);
  }
}

// Where the client was told of the end it gets time to read that. Nobody else writes then: the session was over, which
// the last flusher found, or is dead.
void H2Session::end() noexcept {
  bool was_told;
  {
    const std::lock_guard guard(mutex_);
    was_told = over_ && !dead_ && !is_flushing_;
    cut_locked(errc::closed);
    note_state_locked();
  }
  if (was_told) connection_.linger();
  connection_.abort();
  leave();
}

void H2Session::leave() noexcept {
  Connection& connection = connection_;
  bool last;
  {
    const std::lock_guard guard(mutex_);
    last = --users_ == 0;
  }
  if (last) connection.server().end(connection);  // [h2.I2]
}

}  // namespace weft::http
