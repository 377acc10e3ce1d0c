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
//
// With HTTP/2 that holds of its read side; the whole has as many owners as there are requests under way [h2.I2].
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "http/last_call.h"
#include "http/multiplexer.h"
#include "http/serve.h"
#include "http/wire.h"
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
  virtual std::size_t write_now(std::string_view bytes, std::error_code& ec) = 0;
  virtual void shutdown_write() = 0;
  virtual net::Endpoint remote_endpoint() const = 0;
  /// The stream itself; nothing else is called afterwards.
  virtual std::shared_ptr<Wire> hijack() = 0;
  /// What both sides chose to speak (ALPN).
  virtual bool speaks_http2() const = 0;
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
  bool is_fresh() const noexcept { return last_call_.is_fresh(); }
  /// From then on the deadline of its reads is no last call's.
  void has_been_asked() noexcept { last_call_.has_been_asked(); }
  /// Of a fresh one, where another deadline may have come in the way of its last call.
  void renew_last_call() noexcept;
  /// Serves what has come already, and ends it; on a goroutine of its own. For who owns it.
  void serve_last() noexcept { start_goroutine(); }
  /// Ends it, which no goroutine could be made for.
  void end_unserved() noexcept;
  /// From now on it speaks HTTP/2, of which `received` came already.
  Served start_http2(std::string_view received);
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
  /// The same, for who counts by itself whether the connection is idle.
  ssize_t read_or_watch(std::span<char> into, std::error_code& ec) noexcept;
  /// False: there are none. Else as read_or_become_idle().
  bool read_now(std::span<char> into, std::error_code& ec, ssize_t& count) noexcept;
  /// Waits for them. 0 at the end of the stream, and on an error.
  std::size_t read(std::span<char> into, std::error_code& ec) noexcept;
  /// All of it, with the server's write timeout.
  void write(std::span<iovec> parts, std::error_code& ec) noexcept;
  /// As much as the client takes at once. Returns how much that was; what is left is what must be written next.
  std::size_t write_now(std::string_view bytes, std::error_code& ec) noexcept;
  /// Lets the client read what was written although more of its own comes: without, the kernel answers that with a
  /// reset, which overtakes the answer.
  void linger() noexcept;
  bool is_hijacked() const noexcept { return hijacked_ != nullptr; }
  /// The stream, for a handler to keep; of what is here only remote_endpoint() and abort() have a meaning from then on.
  std::shared_ptr<Wire> hijack();
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
  net::TcpStream stream_;                     // moved from once there is `secure_`
  std::unique_ptr<SecureStream> secure_;      // with TLS
  std::unique_ptr<Multiplexer> multiplexer_;  // with HTTP/2: it owns the connection together with its handlers
  std::shared_ptr<Wire> hijacked_;  // has the stream: so the descriptor is this connection's as long as that lives
  net::Descriptor& descriptor_;
  LastCall last_call_;                            // the shutdown's
  Connection* next_taken_ = nullptr;              // in a list of those who are about to end
  Connection *prev_ = nullptr, *next_ = nullptr;  // in the server's list
};

}  // namespace weft::http
