// weft/detail/socket.h: Socket, the owner of one descriptor; what streams, listeners and datagram sockets share.
#pragma once

#include <cstddef>
#include <system_error>
#include <utility>

#include "weft/detail/deadline.h"
#include "weft/net/buffers.h"
#include "weft/net/endpoint.h"

namespace weft::net {
class Descriptor;
}

namespace weft::detail {

/// Owns a descriptor, or none.
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

  /// Of a stream: at least one byte, unless there is room for none; 0 and errc::end_of_stream at its end.
  std::size_t read(IoVector& into, std::error_code& ec);
  std::size_t write(IoVector& from, std::error_code& ec);
  void shutdown_write(std::error_code& ec);

 private:
  net::Descriptor* descriptor_ = nullptr;
};

/// Throws `ec`, if it is one, as std::system_error of weft::net::`what`.
void throw_if(const std::error_code& ec, const char* what);

}  // namespace weft::detail
