// weft/net/udp.h: UdpSocket: datagrams in blocking style; who waits holds no thread.
// Not here: multicast, Unix datagrams. Guide: docs/guide/net.md
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>
#include <system_error>
#include <utility>

#include "weft/context.h"
#include "weft/detail/deadline.h"
#include "weft/detail/socket.h"
#include "weft/net/buffers.h"
#include "weft/net/endpoint.h"

namespace weft::net {

/// What receive_from() tells of a datagram.
struct Datagram {
  std::size_t bytes = 0;   // how many are in the buffers
  Endpoint from;           // whom to answer
  bool truncated = false;  // it was longer than the buffers; the rest is lost
};

/// Sends and receives datagrams. Move-only; closed when it goes.
///
/// Blocking       the goroutine, never its thread; from a plain thread, the thread
/// Thread safety  any number of goroutines may send and receive at once; close() and the deadlines from anywhere
/// Errors         weft::errc::closed after close(), deadline_exceeded; the context's; else errno's: message_size for
///                what no datagram holds or more than 16 buffers, on a connected socket also connection_refused, which
///                answers an earlier datagram. Without `ec`: std::system_error. On one that was moved from, usage_error
class UdpSocket {
 public:
  UdpSocket() noexcept = default;

  /// "127.0.0.1:0" (any free port), ":53" (every address of the machine, IPv6's too), "localhost:53".
  static UdpSocket bind(std::string_view address, std::error_code& ec);
  static UdpSocket bind(std::string_view address);
  /// Of which only `address` is heard, and to which send() sends: the first of a name's. Nothing goes over the network.
  static UdpSocket connect(std::string_view address, const Context& ctx, std::error_code& ec);
  static UdpSocket connect(std::string_view address, const Context& ctx = {});

  /// One datagram of all buffers, perhaps of no byte.
  template <Readable Buffers>
  void send_to(const Buffers& buffers, const Endpoint& to, std::error_code& ec) {
    detail::IoVector from(buffers);
    send_vector(from, &to, ec);
  }
  template <Readable Buffers>
  void send_to(const Buffers& buffers, const Endpoint& to) {
    std::error_code ec;
    send_to(buffers, to, ec);
    detail::throw_if(ec, "UdpSocket::send_to");
  }
  /// On a connected socket.
  template <Readable Buffers>
  void send(const Buffers& buffers, std::error_code& ec) {
    detail::IoVector from(buffers);
    send_vector(from, nullptr, ec);
  }
  template <Readable Buffers>
  void send(const Buffers& buffers) {
    std::error_code ec;
    send(buffers, ec);
    detail::throw_if(ec, "UdpSocket::send");
  }

  /// The next datagram. `truncated` says that it was longer than the buffers, of which the first 16 count.
  template <Writable Buffers>
  Datagram receive_from(Buffers&& buffers, const Context& ctx, std::error_code& ec) {
    detail::IoVector into(buffers);
    return receive_vector(into, ctx, ec);
  }
  template <Writable Buffers>
  Datagram receive_from(Buffers&& buffers, std::error_code& ec) {
    return receive_from(buffers, Context(), ec);
  }
  template <Writable Buffers>
  Datagram receive_from(Buffers&& buffers, const Context& ctx = {}) {
    std::error_code ec;
    const Datagram datagram = receive_from(buffers, ctx, ec);
    detail::throw_if(ec, "UdpSocket::receive_from");
    return datagram;
  }

  /// As Stream's.
  void set_deadline(std::chrono::steady_clock::time_point at) { set(true, true, at); }
  void set_read_deadline(std::chrono::steady_clock::time_point at) { set(true, false, at); }
  void set_write_deadline(std::chrono::steady_clock::time_point at) { set(false, true, at); }

  /// Wakes who sends or receives, with errc::closed. Idempotent.
  void close() noexcept { socket_.close(); }
  bool is_open() const noexcept { return socket_.is_open(); }

  Endpoint local_endpoint() const { return socket_.local_endpoint(); }
  /// The default endpoint where it is not connected.
  Endpoint remote_endpoint() const { return socket_.remote_endpoint(); }

 private:
  UdpSocket(detail::Socket socket, bool is_v6) noexcept : socket_(std::move(socket)), is_v6_(is_v6) {}
  static UdpSocket open(const Endpoint& endpoint, bool connected, std::error_code& ec);

  void send_vector(detail::IoVector& from, const Endpoint* to, std::error_code& ec);
  Datagram receive_vector(detail::IoVector& into, const Context& ctx, std::error_code& ec);
  void set(bool reads, bool writes, std::chrono::steady_clock::time_point at) {
    socket_.set_deadline(reads, writes, detail::deadline_at(at));
  }

  detail::Socket socket_;
  bool is_v6_ = false;
};

}  // namespace weft::net
