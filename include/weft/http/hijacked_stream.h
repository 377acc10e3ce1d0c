// weft/http/hijacked_stream.h: HijackedStream, a connection that a handler took from its server.
// Not here: Beast's WebSocket on it (http/beast.h). Guide: docs/guide/http.md
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <system_error>

#include "weft/detail/deadline.h"
#include "weft/net/buffers.h"
#include "weft/net/endpoint.h"
#include "weft/net/stream.h"

namespace weft::http {

class Wire;

/// A connection, plain or over TLS, that Response::hijack() gave. What the client sent behind the request's head is
/// read first. Move-only; closed when it goes.
///
/// Blocking, Thread safety, Errors: net::Stream's
class HijackedStream : public net::Stream<HijackedStream> {
 public:
  HijackedStream() noexcept;
  HijackedStream(HijackedStream&&) noexcept;
  HijackedStream& operator=(HijackedStream&&) noexcept;
  ~HijackedStream();

  void shutdown_write(std::error_code& ec);
  using net::Stream<HijackedStream>::shutdown_write;
  void close() noexcept;
  bool is_open() const noexcept;
  net::Endpoint remote_endpoint() const;

 private:
  friend class net::Stream<HijackedStream>;
  friend class Http1Carrier;
  HijackedStream(std::shared_ptr<Wire> wire, std::string received) noexcept;

  std::size_t read_vector(detail::IoVector& into, std::error_code& ec);
  std::size_t write_vector(detail::IoVector& from, std::error_code& ec);
  void limit(bool reads, bool writes, detail::MonotonicNanos when);
  Wire& wire(const char* what) const;

  std::shared_ptr<Wire> wire_;  // the server's as well, until the handler returns
  std::string received_;        // not read yet
};

}  // namespace weft::http
