// The body of a request over HTTP/2: what came is held until the handler takes it, which opens the windows again.
//
// So a connection holds at most its own window of what no handler has taken (kH2ConnectionWindow in h2_session.h).
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "http/carrier.h"
#include "weft/detail/deadline.h"
#include "weft/sync/mutex.h"

namespace weft::http {

class H2Stream;

class H2BodyReader final : public BodyReader {
 public:
  explicit H2BodyReader(H2Stream& stream) noexcept : stream_(stream) {}

  std::string_view all(std::error_code& ec) override;
  std::size_t read(std::span<std::byte> into, std::error_code& ec) override;

  // What the session tells of it, under its lock.

  /// More of the body.
  void append_locked(std::string_view bytes);
  /// It is complete.
  void end_locked() noexcept { ended_ = true; }
  /// There is none; before the handler runs.
  void be_empty() noexcept { ended_ = has_all_ = true; }
  /// Nobody will read what has come, and what is to come.
  void discard_locked() noexcept;

 private:
  using Lock = std::unique_lock<Mutex>;

  void begin_reading();
  // True: it left a frame.
  bool tell_to_continue_locked() noexcept;
  void fail(std::error_code why) noexcept { error_ = why; }
  // False: at the end, or error_ is set.
  bool wait_locked(Lock& lock);
  // Calls `use` with up to `most` bytes, at least one, and opens the windows again. Returns how many; 0 at the end, and
  // where error_ is set.
  template <class Use>
  std::size_t take(std::size_t most, Use&& use);

  H2Stream& stream_;
  std::string received_;   // under the session's lock, as what follows
  std::size_t begin_ = 0;  // of it is not taken yet
  bool ended_ = false;
  bool discarded_ = false;
  bool reading_ = false;  // the handler's, as what follows
  bool has_all_ = false;
  std::error_code error_;  // stays, and nothing is read any more
  std::uint64_t taken_ = 0;
  detail::MonotonicNanos deadline_ = detail::kNever;  // for all of it
  std::string text_;                                  // what all() returns
};

}  // namespace weft::http
