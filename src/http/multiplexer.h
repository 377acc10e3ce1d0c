// What speaks for a connection that carries many requests at once.
#pragma once

#include <memory>
#include <string_view>

namespace weft::http {

class Connection;

class Multiplexer {
 public:
  virtual ~Multiplexer() = default;
  /// Reads, and starts the requests that come, until there is nothing more to read; then the connection's watcher has
  /// the read side, or the connection has ended. For who owns the read side; nothing of it is the caller's afterwards.
  virtual void serve() noexcept = 0;
  /// Ends the connection, which nobody could be found to serve. As serve(), for who owns the read side.
  virtual void end() noexcept = 0;
};

/// Whether the library was built with HTTP/2.
extern const bool kSpeaksHttp2;
/// What a client sends first where HTTP/2 was not agreed on before (RFC 9113, 3.4).
inline constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// HTTP/2 on `connection`, of which `received` was read already. Null: without memory.
std::unique_ptr<Multiplexer> make_http2(Connection& connection, std::string_view received);

}  // namespace weft::http
