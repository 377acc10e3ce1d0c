// weft/net/tcp.h: TcpListener, TcpStream: connections in blocking style; who waits holds no thread.
// Not here: datagrams, Unix sockets, TLS, HTTP. Guide: docs/guide/net.md
#pragma once

#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>

#include "weft/context.h"
#include "weft/detail/deadline.h"
#include "weft/detail/socket.h"
#include "weft/net/endpoint.h"
#include "weft/net/stream.h"

namespace weft::net::tls {
class Stream;
}

namespace weft::net {

/// One TCP connection. Move-only; closed when it goes. Nagle's delay is off.
///
/// Blocking, Thread safety, Errors: Stream's.
class TcpStream : public Stream<TcpStream> {
 public:
  TcpStream() noexcept = default;

  /// "host:port": an address, or a name. Of a name's addresses the first that answers: IPv6 and IPv4 in turn, the next
  /// one tried when one has failed or has not answered within 250 ms (RFC 8305).
  ///
  /// Errors         the context's; resolve()'s; those of the first address
  static TcpStream connect(std::string_view address, const Context& ctx, std::error_code& ec);
  static TcpStream connect(std::string_view address, const Context& ctx = {});
  static TcpStream connect(const Endpoint& peer, const Context& ctx, std::error_code& ec);
  static TcpStream connect(const Endpoint& peer, const Context& ctx = {});

  Endpoint local_endpoint() const { return socket_.local_endpoint(); }
  Endpoint remote_endpoint() const { return socket_.remote_endpoint(); }

 private:
  friend class TcpListener;
  friend class tls::Stream;
  explicit TcpStream(detail::Socket socket) noexcept : Stream(std::move(socket)) {}
};

/// Takes connections. Move-only; closed when it goes.
///
/// Thread safety  any number of goroutines may accept at once
/// Errors         as TcpStream's
class TcpListener {
 public:
  TcpListener() noexcept = default;

  /// "127.0.0.1:0" (any free port), ":80", "localhost:80". The port can be had again at once after a restart.
  static TcpListener listen(std::string_view address, std::error_code& ec);
  static TcpListener listen(std::string_view address);

  /// The next connection. Blocking: the goroutine, until there is one, the context is done, or close().
  ///
  /// Errors         also std::errc::too_many_files_open and the like, when the process or the machine has run out: the
  ///                connection stays in the queue. Close some, or wait a little, and call again; who calls again at
  ///                once spins
  TcpStream accept(const Context& ctx, std::error_code& ec);
  TcpStream accept(const Context& ctx = {});
  /// The next one if it is there; else std::errc::operation_would_block.
  TcpStream try_accept(std::error_code& ec);
  TcpStream try_accept();

  void set_deadline(std::chrono::steady_clock::time_point at) {
    socket_.set_deadline(true, false, detail::deadline_at(at));
  }
  void close() noexcept { socket_.close(); }
  bool is_open() const noexcept { return socket_.is_open(); }
  Endpoint local_endpoint() const { return socket_.local_endpoint(); }

 private:
  static TcpStream adopt(int fd, std::error_code& ec);
  explicit TcpListener(detail::Socket socket) noexcept : socket_(std::move(socket)) {}

  detail::Socket socket_;
};

}  // namespace weft::net
