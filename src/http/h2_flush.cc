// Who writes what nghttp2 has to say: one at a time, in pieces, without the session's lock [h2.I3].
#include <nghttp2/nghttp2.h>
#include <new>

#include "http/h2_session.h"
#include "http/server_impl.h"
#include "weft/error.h"
#include "weft/runtime.h"

namespace weft::http {
namespace {

constexpr std::size_t kPieceBytes = 16 << 10;  // a piece ends with the frame that reaches that
constexpr std::size_t kKeptBytes = 1 << 10;    // of the output's memory, where no stream is open
constexpr int kPiecesOfTheImpatient = 4;       // then a goroutine goes on

}  // namespace

void H2Session::flush(Patience patience) noexcept {
  Lock lock(mutex_);
  if (is_flushing_ || dead_) return note_state_locked();
  is_flushing_ = true;
  if (patience == Patience::kAny && handlers_ != 0) {  // those that are ready leave theirs meanwhile
    lock.unlock();
    yield();
    lock.lock();
  }
  write_frames(lock, patience);
}

// For the flusher. The role is given up under the lock under which nothing was found to be left, or handed on.
void H2Session::write_frames(Lock& lock, Patience patience) noexcept {
  for (int pieces = 0; pull_or_fail_locked(); ++pieces) {
    const bool goes_on = patience == Patience::kAny || pieces < kPiecesOfTheImpatient;
    lock.unlock();
    std::error_code ec;
    const bool written = goes_on && write_output(patience, ec);
    lock.lock();
    if (!written && !ec && hand_over_locked()) return;
    if (!written) {
      cut_locked(ec ? ec : std::make_error_code(std::errc::not_enough_memory));
      connection_.abort();  // the read side sees it
    }
  }
  is_flushing_ = false;
  if (!dead_) over_ = ::nghttp2_session_want_read(nghttp2_) == 0 && ::nghttp2_session_want_write(nghttp2_) == 0;
  if (open_ == 0 && output_.capacity() > kKeptBytes) output_ = {};
  note_state_locked();
}

// Takes what nghttp2 has until that is a piece. False: there is nothing.
bool H2Session::pull_locked() {
  while (!dead_ && output_.size() < kPieceBytes) {
    const std::uint8_t* frame = nullptr;
    const ssize_t bytes = ::nghttp2_session_mem_send(nghttp2_, &frame);
    if (bytes < 0) throw std::bad_alloc();  // nghttp2's only reason
    if (bytes == 0 && drain_further_locked()) continue;
    if (bytes == 0) break;
    output_.append(reinterpret_cast<const char*>(frame), static_cast<std::size_t>(bytes));
  }
  return !dead_ && !output_.empty();
}

bool H2Session::pull_or_fail_locked() noexcept {
  try {
    return pull_locked();
  } catch (const std::exception&) {
    cut_locked(std::make_error_code(std::errc::not_enough_memory));
    connection_.abort();
    return false;
  }
}

// All of the output. False: the client does not take it now, or never, which `ec` says.
bool H2Session::write_output(Patience patience, std::error_code& ec) noexcept {
  const std::string_view rest = std::string_view(output_).substr(written_);
  if (patience == Patience::kAny) {
    iovec part{const_cast<char*>(rest.data()), rest.size()};
    connection_.write({&part, 1}, ec);
    written_ += rest.size();
  } else {
    written_ += connection_.write_now(rest, ec);
  }
  if (ec || written_ != output_.size()) return false;
  output_.clear();
  written_ = 0;
  return true;
}

// The role goes to a goroutine that may wait, with what is not written yet.
bool H2Session::hand_over_locked() noexcept {
  ++users_;
  try {
    go({.name = "http2 flush"}, [this] {
      {
        Lock lock(mutex_);
        write_frames(lock, Patience::kAny);
      }
      leave();
    });
    return true;
  } catch (const std::exception&) {
    --users_;
    return false;
  }
}

}  // namespace weft::http
