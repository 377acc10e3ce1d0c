// One connection that speaks HTTP/2: nghttp2's session, its streams, and who reads, writes and ends it. The design is
// in h2_session.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "http/connection.h"
#include "http/h2_stream.h"
#include "http/multiplexer.h"
#include "http/reset_budget.h"
#include "weft/error.h"
#include "weft/sync/mutex.h"

namespace weft::http {

/// What a client may send before a handler has taken it: on all streams of a connection, and on one of them.
inline constexpr std::int32_t kH2ConnectionWindow = 1 << 20, kH2StreamWindow = 256 << 10;

class H2Session final : public Multiplexer {
 public:
  explicit H2Session(Connection& connection) noexcept : connection_(connection) {}
  ~H2Session() override;
  H2Session(const H2Session&) = delete;
  H2Session& operator=(const H2Session&) = delete;

  /// Before all else: says SETTINGS, and takes what was read already. False: there is no memory.
  bool begin(std::string_view received) noexcept;

  void serve() noexcept override;
  void end() noexcept override;

  Connection& connection() noexcept { return connection_; }
  Mutex& mutex() noexcept { return mutex_; }

  // For the streams' goroutines.

  /// Who leaves frames calls this afterwards, without the lock [h2.I3]. kNone: another goroutine goes on where the
  /// client does not take them at once, or there are many.
  enum class Patience { kNone, kAny };
  void flush(Patience patience) noexcept;
  /// The handler of a stream has returned; nothing of it, nor of the session, is the caller's afterwards.
  void handler_returned(H2Stream& stream, Patience patience) noexcept;

  nghttp2_session* nghttp2_locked() noexcept { return nghttp2_; }
  /// So many bytes of a body have gone: the windows open again. True: a frame says so.
  bool consume_locked(std::int32_t stream, std::size_t bytes) noexcept;
  void reset_stream_locked(std::int32_t stream, std::uint32_t code) noexcept;
  /// Why a stream is cut, for who writes.
  std::error_code why_cut_locked() const noexcept { return why_cut_; }
  /// Tells the client that the connection takes no more requests, and ends it once those under way are answered.
  void drain_locked() noexcept;

  // What nghttp2 tells, under the lock; a nonzero result ends the session.

  int on_begin_head_locked(std::int32_t stream, bool is_trailer);
  void on_head_end_locked() noexcept { in_head_ = false; }
  int on_request_locked(H2Stream& stream, bool has_body);
  void on_stream_end_locked(H2Stream* stream, std::uint32_t code) noexcept;
  void on_ping_answered_locked(const std::uint8_t* payload) noexcept;
  void on_answer_taken_locked() noexcept { was_taken_ = true; }
  void on_answer_sent_locked(std::int32_t stream) noexcept;
  void on_bad_request_locked() noexcept;

 private:
  using Lock = std::unique_lock<Mutex>;
  /// What the read side waits for, each with a deadline of its own.
  enum class Awaited { kNothing, kHead, kRequest, kTaking, kLastWord, kEnd };
  enum class Drain { kNot, kNoticed, kSaid };

  // Reading; h2_session.cc.
  void receive(std::string_view bytes) noexcept;
  void start(H2Stream* ready) noexcept;
  bool goes_on() noexcept;
  void refuse_locked(H2Stream& stream, int status) noexcept;
  void add_locked(H2Stream& stream) noexcept;
  void remove_locked(H2Stream& stream) noexcept;
  void terminate_locked(std::uint32_t code) noexcept;
  void cut_locked(std::error_code why) noexcept;
  void leave() noexcept;

  // Deadlines, and the orderly end; h2_ending.cc.
  void note_state_locked() noexcept;
  void count_serving_locked() noexcept;
  Awaited awaited_now_locked() const noexcept;
  bool awaits_last_call() const noexcept;
  void end_last_call(std::span<char> buffer) noexcept;
  bool is_due() noexcept;
  bool drain_further_locked() noexcept;

  // Writing; h2_flush.cc.
  bool pull_locked();
  bool pull_or_fail_locked() noexcept;
  void write_frames(Lock& lock, Patience patience) noexcept;
  bool write_output(Patience patience, std::error_code& ec) noexcept;
  bool hand_over_locked() noexcept;

  Connection& connection_;
  Mutex mutex_;
  nghttp2_session* nghttp2_ = nullptr;  // under mutex_, as all that follows

  int users_ = 1;                // [h2.I2]
  std::size_t open_ = 0;         // streams that nghttp2 has
  std::size_t handlers_ = 0;     // that run, of streams that it has or has not any more [h2.I5]
  H2Stream* streams_ = nullptr;  // those, and those whose handlers run
  H2Stream *first_ready_ = nullptr, **last_ready_ = &first_ready_;
  bool over_ = false;     // nghttp2 has nothing more to read or to write
  bool gave_up_ = false;  // the client was told so, if it reads: the read side ends the connection
  bool dead_ = false;     // [h2.I7]
  std::error_code why_cut_ = errc::closed;
  ResetBudget resets_;

  bool is_flushing_ = false;  // somebody has the role [h2.I3]
  std::string output_;        // of who has it, who touches it without the lock
  std::size_t written_ = 0;   // of output_

  bool in_head_ = true;         // the preface, or the fields of a request: more of them must come
  std::size_t head_bytes_ = 0;  // received since that began
  bool was_taken_ = false;      // some of an answer, since the deadline for that was set
  bool serves_ = false;         // it counts as serving
  Awaited awaited_ = Awaited::kNothing;
  detail::MonotonicNanos deadline_ = detail::kNever;  // the read side's
  Drain drain_ = Drain::kNot;
  std::int32_t last_taken_ = INT32_MAX;  // a stream above it is not
  bool notice_was_heard_ = false;
  std::chrono::steady_clock::time_point noticed_at_;
};

}  // namespace weft::http
