// weft/net/tcp.h: TcpListener, TcpStream: connections in blocking style; who waits holds no thread.
// Not here: datagrams, Unix sockets, TLS, HTTP. Guide: docs/guide/net.md
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "weft/context.h"
#include "weft/detail/deadline.h"
#include "weft/net/buffers.h"
#include "weft/net/endpoint.h"

namespace weft::net {
class Descriptor;
}

namespace weft::detail {

/// Owns a descriptor; what streams and listeners share.
class Socket {
 public:
  constexpr Socket() noexcept = default;
  explicit Socket(net::Descriptor* adopted) noexcept : descriptor_(adopted) {}
  Socket(Socket&& o) noexcept : descriptor_(std::exchange(o.descriptor_, nullptr)) {}
  Socket& operator=(Socket&& o) noexcept {
    Socket taken(std::move(o));
    std::swap(descriptor_, taken.descriptor_);
    return *this;
  }
  ~Socket();

  /// Errors         usage_error, naming `what`, on a socket that was moved from or never opened
  net::Descriptor& get(const char* what) const;
  void close() noexcept;
  bool is_open() const noexcept;
  void set_deadline(bool reads, bool writes, MonotonicNanos when);
  net::Endpoint local_endpoint() const;
  net::Endpoint remote_endpoint() const;

 private:
  net::Descriptor* descriptor_ = nullptr;
};

}  // namespace weft::detail

namespace weft::net {

/// One TCP connection. Move-only; closed when it goes. Nagle's delay is off.
///
/// Blocking       the goroutine, never its thread; from a plain thread, the thread
/// Thread safety  one reader and one writer at a time; close() and the deadlines from anywhere
/// Errors         weft::errc::closed after close(), deadline_exceeded, end_of_stream when the peer has ended its side;
///                else errno's. Without `ec`: std::system_error. On a stream that was moved from, usage_error
class TcpStream {
 public:
  TcpStream() noexcept = default;

  /// "host:port": an address, or a name, whose addresses are tried in turn. Errors: those of the last one.
  static TcpStream connect(std::string_view address, const Context& ctx, std::error_code& ec);
  static TcpStream connect(std::string_view address, const Context& ctx = {});
  static TcpStream connect(const Endpoint& peer, const Context& ctx, std::error_code& ec);

  /// At least one byte, unless the buffers are empty.
  template <Writable Buffers>
  std::size_t read_some(Buffers&& buffers, std::error_code& ec) {
    detail::IoVector into(buffers);
    return read_vector(into, ec);
  }
  template <Writable Buffers>
  std::size_t read_some(Buffers&& buffers) {
    std::error_code ec;
    return checked("read_some", read_some(buffers, ec), ec);
  }
  template <Readable Buffers>
  std::size_t write_some(const Buffers& buffers, std::error_code& ec) {
    detail::IoVector from(buffers);
    return write_vector(from, ec);
  }
  template <Readable Buffers>
  std::size_t write_some(const Buffers& buffers) {
    std::error_code ec;
    return checked("write_some", write_some(buffers, ec), ec);
  }

  /// All of it. With `ec`: how much was read or written before the error.
  std::size_t read_full(std::span<std::byte> into, std::error_code& ec);
  void read_full(std::span<std::byte> into);
  std::size_t write_all(std::span<const std::byte> from, std::error_code& ec);
  void write_all(std::span<const std::byte> from);
  void write_all(std::string_view text) { write_all(std::as_bytes(std::span(text))); }

  /// From that time on reads and writes end with deadline_exceeded, those under way too, until another is set.
  /// time_point::max(): none. Cost: no timer for an operation, one for a deadline.
  void set_deadline(std::chrono::steady_clock::time_point at) { set(true, true, at); }
  void set_read_deadline(std::chrono::steady_clock::time_point at) { set(true, false, at); }
  void set_write_deadline(std::chrono::steady_clock::time_point at) { set(false, true, at); }

  /// The peer reads the end after what was written.
  void shutdown_write(std::error_code& ec);
  /// Wakes who reads or writes, with errc::closed. Idempotent.
  void close() noexcept { socket_.close(); }
  bool is_open() const noexcept { return socket_.is_open(); }

  Endpoint local_endpoint() const { return socket_.local_endpoint(); }
  Endpoint remote_endpoint() const { return socket_.remote_endpoint(); }

 private:
  friend class TcpListener;
  friend struct StreamAccess;
  explicit TcpStream(Descriptor* adopted) noexcept : socket_(adopted) {}

  std::size_t read_vector(detail::IoVector& into, std::error_code& ec);
  std::size_t write_vector(detail::IoVector& from, std::error_code& ec);
  static std::size_t checked(const char* what, std::size_t count, const std::error_code& ec);  // throws it
  void set(bool reads, bool writes, std::chrono::steady_clock::time_point at) {
    socket_.set_deadline(reads, writes, detail::deadline_at(at));
  }

  detail::Socket socket_;
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
  TcpStream accept(const Context& ctx, std::error_code& ec);
  TcpStream accept(const Context& ctx = {});

  void set_deadline(std::chrono::steady_clock::time_point at) {
    socket_.set_deadline(true, false, detail::deadline_at(at));
  }
  void close() noexcept { socket_.close(); }
  bool is_open() const noexcept { return socket_.is_open(); }
  Endpoint local_endpoint() const { return socket_.local_endpoint(); }

 private:
  explicit TcpListener(Descriptor* adopted) noexcept : socket_(adopted) {}

  detail::Socket socket_;
};

}  // namespace weft::net
