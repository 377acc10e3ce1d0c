// weft/net/stream.h: Stream, what all streams do: TcpStream, UnixStream and tls::Stream are made of it; and the door
// for the error codes of other libraries.
// Not here: how a stream comes to be (net/tcp.h, net/unix.h, net/tls.h); Boost's error codes (net/asio.h). Guide:
// docs/guide/net.md
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "weft/detail/deadline.h"
#include "weft/detail/socket.h"
#include "weft/net/buffers.h"

namespace weft::net {

/// How an error is told in the code of another library: a specialization has `static Error from(std::error_code)`.
template <class Error>
struct ErrorCodeAs;

/// An error code that streams can set: boost::system::error_code once weft/net/asio.h is included.
template <class Error>
concept ForeignError = requires(std::error_code ec) {
  { ErrorCodeAs<Error>::from(ec) } -> std::same_as<Error>;
};

/// The executor that Asio's stream layers ask their lowest one for; weft/net/asio.h defines it.
class AsioExecutor;

/// Bytes in both directions, in blocking style; a model of Asio's SyncReadStream and SyncWriteStream.
///
/// Blocking       the goroutine, never its thread; from a plain thread, the thread
/// Thread safety  one reader and one writer at a time; close() and the deadlines from anywhere
/// Errors         weft::errc::closed after close(), deadline_exceeded, end_of_stream when the peer has ended its side;
///                else errno's. Without `ec`: std::system_error. On a stream that was moved from, usage_error
template <class Derived>
class Stream {
 public:
  using lowest_layer_type = Derived;
  using executor_type = AsioExecutor;

  /// At least one byte, unless the buffers are empty.
  template <Writable Buffers>
  std::size_t read_some(Buffers&& buffers, std::error_code& ec) {
    detail::IoVector into(buffers);
    return self().read_vector(into, ec);
  }
  template <Writable Buffers>
  std::size_t read_some(Buffers&& buffers) {
    std::error_code ec;
    const std::size_t count = read_some(buffers, ec);
    detail::throw_if(ec, "read_some");
    return count;
  }
  template <Readable Buffers>
  std::size_t write_some(const Buffers& buffers, std::error_code& ec) {
    detail::IoVector from(buffers);
    return self().write_vector(from, ec);
  }
  template <Readable Buffers>
  std::size_t write_some(const Buffers& buffers) {
    std::error_code ec;
    const std::size_t count = write_some(buffers, ec);
    detail::throw_if(ec, "write_some");
    return count;
  }

  /// The same in the code of another library: needs weft/net/asio.h for Boost's.
  template <Writable Buffers, ForeignError Error>
  std::size_t read_some(Buffers&& buffers, Error& error) {
    std::error_code ec;
    const std::size_t count = read_some(buffers, ec);
    error = ErrorCodeAs<Error>::from(ec);
    return count;
  }
  template <Readable Buffers, ForeignError Error>
  std::size_t write_some(const Buffers& buffers, Error& error) {
    std::error_code ec;
    const std::size_t count = write_some(buffers, ec);
    error = ErrorCodeAs<Error>::from(ec);
    return count;
  }

  /// All of it. With `ec`: how much was read or written before the error.
  std::size_t read_full(std::span<std::byte> into, std::error_code& ec) {
    std::size_t done = 0;
    ec.clear();
    while (done < into.size() && !ec) done += read_some(into.subspan(done), ec);
    return done;
  }
  void read_full(std::span<std::byte> into) {
    std::error_code ec;
    read_full(into, ec);
    detail::throw_if(ec, "read_full");
  }
  template <class Buffer>
    requires MutableByteBuffer<std::remove_reference_t<Buffer>>
  std::size_t read_full(Buffer&& buffer, std::error_code& ec) {
    return read_full({static_cast<std::byte*>(static_cast<void*>(buffer.data())), buffer.size()}, ec);
  }
  template <class Buffer>
    requires MutableByteBuffer<std::remove_reference_t<Buffer>>
  void read_full(Buffer&& buffer) {
    read_full({static_cast<std::byte*>(static_cast<void*>(buffer.data())), buffer.size()});
  }
  std::size_t write_all(std::span<const std::byte> from, std::error_code& ec) {
    std::size_t done = 0;
    ec.clear();
    while (done < from.size() && !ec) done += write_some(from.subspan(done), ec);
    return done;
  }
  void write_all(std::span<const std::byte> from) {
    std::error_code ec;
    write_all(from, ec);
    detail::throw_if(ec, "write_all");
  }
  template <ByteBuffer Buffer>
  std::size_t write_all(const Buffer& buffer, std::error_code& ec) {
    return write_all(std::span<const std::byte>(static_cast<const std::byte*>(static_cast<const void*>(buffer.data())),
                                                buffer.size()),
                     ec);
  }
  template <ByteBuffer Buffer>
  void write_all(const Buffer& buffer) {
    write_all(std::span<const std::byte>(static_cast<const std::byte*>(static_cast<const void*>(buffer.data())),
                                         buffer.size()));
  }
  std::size_t write_all(std::string_view text, std::error_code& ec) {
    return write_all(std::as_bytes(std::span(text)), ec);
  }
  void write_all(std::string_view text) { write_all(std::as_bytes(std::span(text))); }

  /// From that time on, as exactly as the timers run, reads and writes end with deadline_exceeded, those under way too,
  /// until another is set. time_point::max(): none. Cost: no timer for an operation, one for a deadline.
  void set_deadline(std::chrono::steady_clock::time_point at) { set(true, true, at); }
  void set_read_deadline(std::chrono::steady_clock::time_point at) { set(true, false, at); }
  void set_write_deadline(std::chrono::steady_clock::time_point at) { set(false, true, at); }

  /// The peer reads the end after what was written.
  void shutdown_write(std::error_code& ec) { socket_.shutdown_write(ec); }
  void shutdown_write() {
    std::error_code ec;
    self().shutdown_write(ec);
    detail::throw_if(ec, "shutdown_write");
  }
  /// Wakes who reads or writes, with errc::closed. Idempotent.
  void close() noexcept { socket_.close(); }
  bool is_open() const noexcept { return socket_.is_open(); }

  /// What Asio's layers, such as boost::beast::websocket::stream, ask for.
  Derived& lowest_layer() noexcept { return self(); }
  const Derived& lowest_layer() const noexcept { return static_cast<const Derived&>(*this); }
  template <class Executor = AsioExecutor>
  Executor get_executor() const {
    return Executor();
  }

 protected:
  Stream() noexcept = default;
  explicit Stream(detail::Socket socket) noexcept : socket_(std::move(socket)) {}

  std::size_t read_vector(detail::IoVector& into, std::error_code& ec) { return socket_.read(into, ec); }
  std::size_t write_vector(detail::IoVector& from, std::error_code& ec) { return socket_.write(from, ec); }

  void limit(bool reads, bool writes, detail::MonotonicNanos when) { socket_.set_deadline(reads, writes, when); }

  detail::Socket socket_;

 private:
  friend struct StreamAccess;
  Derived& self() noexcept { return static_cast<Derived&>(*this); }
  void set(bool reads, bool writes, std::chrono::steady_clock::time_point at) {
    self().limit(reads, writes, detail::deadline_at(at));
  }
};

}  // namespace weft::net
