// One connection of a server, from accept() to its end.
//
//   idle      between two requests. It is this object and its descriptor: no goroutine, no stack, no buffer. The
//             descriptor's watcher starts a goroutine when there is something to read, or to end it
//   serving   a goroutine reads requests into a buffer on its stack and answers them until there is nothing more to
//             read; then it hands the connection to the watcher, and ends
//   fresh     until its first request it is idle as well; but a client that was let in is about to send one, and a
//             shutdown waits for it a little
//
// INVARIANTS [http.I1] a connection has one owner: the goroutine that serves it; the watcher, from the moment it is
//                      registered; who has taken it back from there (unwatch() said true)
//            [http.I2] it becomes idle with no byte of a request in hand
#pragma once

#include <functional>
#include <memory>
#include <span>
#include "weft/detail/atomic.h"

#include "net/descriptor.h"
#include "weft/http/server.h"
#include "weft/net/tcp.h"

namespace weft::http {

/// What stands between a connection and its socket where the server speaks TLS.
class SecureStream {
 public:
  virtual ~SecureStream() = default;
  /// As Connection's.
  virtual ssize_t read_or_watch(net::Watcher& watcher, std::span<char> into, std::error_code& ec) = 0;
  virtual bool read_now(std::span<char> into, std::error_code& ec, ssize_t& count) = 0;
  virtual std::size_t read(std::span<char> into, std::error_code& ec) = 0;
  virtual void write(std::string_view bytes, std::error_code& ec) = 0;
  virtual void shutdown_write() = 0;
  virtual net::Endpoint remote_endpoint() const = 0;
};

/// Shakes hands; null on an error, which leaves the stream where it was: its descriptor is the connection's to the end.
using MakeSecure = std::function<std::unique_ptr<SecureStream>(net::TcpStream&, const Context&, std::error_code&)>;

class Connection final : public net::Watcher {
 public:
  Connection(ServerImpl& server, net::TcpStream stream) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Hands it to the watcher, or serves it. For who owns it; it may be gone afterwards.
  void begin() noexcept;
  /// A fresh one has a little time left for its first request.
  void give_last_call() noexcept;
  /// True: it was idle, and the caller owns it now. A fresh one is left alone, and gets its last call.
  bool take_if_idle() noexcept;
  bool is_fresh() const noexcept { return fresh_.load(std::memory_order_relaxed); }
  void has_been_asked() noexcept { fresh_.store(false, std::memory_order_relaxed); }
  /// Serves what has come already, and ends it; on a goroutine of its own. For who owns it.
  void serve_last() noexcept { start_goroutine(); }
  /// Its reads and writes fail from now on. From anywhere while it is in the server's list.
  void abort() noexcept;

  ServerImpl& server() noexcept { return server_; }
  net::Descriptor& descriptor() noexcept { return descriptor_; }
  net::Endpoint remote_endpoint() const;

  /// What is waited for: another request, the rest of its head, its body.
  enum class Wait { kRequest, kHead, kBody, kNothing };
  /// From now on reads end with deadline_exceeded once that has taken too long.
  void limit_reads(Wait what) noexcept;

  /// Up to `into.size()` bytes. kWatching: there are none, and the watcher owns the connection. Else as read_some().
  ssize_t read_or_become_idle(std::span<char> into, std::error_code& ec) noexcept;
  /// False: there are none. Else as read_or_become_idle().
  bool read_now(std::span<char> into, std::error_code& ec, ssize_t& count) noexcept;
  /// Waits for them. 0 at the end of the stream, and on an error.
  std::size_t read(std::span<char> into, std::error_code& ec) noexcept;
  /// All of it, with the server's write timeout.
  void write(std::span<iovec> parts, std::error_code& ec) noexcept;
  /// Lets the client read what was written although more of its own comes: without, the kernel answers that with a
  /// reset, which overtakes the answer.
  void linger() noexcept;
  /// The client sees a reset: what it has of an answer is not the whole.
  void reset() noexcept;

 private:
  friend class ConnectionList;
  friend class ServerImpl;
  void serve() noexcept;
  bool shake_hands();
  void write_plain(std::span<iovec> parts, std::error_code& ec) noexcept;
  void start_goroutine() noexcept;

  ServerImpl& server_;
  net::TcpStream stream_;                 // moved from once there is `secure_`
  std::unique_ptr<SecureStream> secure_;  // with TLS
  net::Descriptor& descriptor_;
  detail::Atomic<bool> fresh_{true};
  detail::Atomic<bool> last_call_{false};         // the shutdown's
  Connection* next_taken_ = nullptr;              // in a list of those who are about to end
  Connection *prev_ = nullptr, *next_ = nullptr;  // in the server's list
};

}  // namespace weft::http
