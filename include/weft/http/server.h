// weft/http/server.h: Server: patterns, middleware, limits, keep-alive, and an orderly end.
// Guide: docs/guide/http.md
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <system_error>

#include "weft/context.h"
#include "weft/http/request.h"
#include "weft/http/response.h"
#include "weft/net/tcp.h"

namespace weft::net::tls {
class Config;
}

namespace weft::http {

/// What a client may take of the server. Zero or less: no limit of time.
struct Limits {
  std::chrono::nanoseconds read_header_timeout = std::chrono::seconds(10);  // from a request's first byte
  std::chrono::nanoseconds read_body_timeout = std::chrono::seconds(60);
  std::chrono::nanoseconds write_timeout = std::chrono::seconds(60);  // for each write that the client does not take
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds(120);  // between two requests
  std::size_t max_body_bytes = std::size_t{8} << 20;
  std::size_t max_header_bytes = 64 << 10;  // request line and fields; of HTTP/2 the fields, each 32 more than it has
  std::size_t max_connections = SIZE_MAX;   // those above are accepted once others end
  std::uint32_t max_concurrent_streams = 250;  // HTTP/2's requests of a connection under way at once; 0: no HTTP/2
};

class ServerImpl;

using Handler = std::function<void(const Request&, Response&)>;
using Middleware = std::function<void(const Request&, Response&, const Handler& next)>;

/// Connections and requests, now and since the start.
struct ServerStats {
  std::uint64_t requests = 0;        // answered
  std::uint64_t active = 0;          // in a handler
  std::uint64_t connections = 0;     // open
  std::uint64_t idle = 0;            // of these, between two requests: they hold no goroutine
  std::uint64_t bad_requests = 0;    // refused before any handler
  std::uint64_t handler_errors = 0;  // exceptions, and lengths that were wrong: a 500
  std::uint64_t accept_errors = 0;   // EMFILE and the like; it tries again. No memory for a stack
};

/// HTTP/1.0 and 1.1, and where weft was built with it HTTP/2: over TLS by ALPN, else for who begins with it. Each
/// request runs its handler on a goroutine; a connection between two requests holds none.
///
/// Patterns       "[METHOD ]/path": `{name}` is a segment, `{name...}` the rest, a path that ends in "/" all below it,
///                `{$}` that path alone. A literal segment goes before `{name}`, that before the rest, from left to
///                right. GET answers HEAD as well. Else: 404, or 405 with Allow; 301 for a path with "//" or "..".
/// Handlers       an exception is a 500, and a line on stderr; HttpError is what it says. A Content-Length of the
///                handler's own that its body does not have is such a mistake too
/// Thread safety  handle() and use() before serve(); the rest from anywhere
class Server {
 public:
  Server() : Server(Limits()) {}
  /// Usage faults   usage_error where no header, or no connection, would be allowed
  explicit Server(const Limits& limits);
  /// As close(), and waits for what still runs.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Usage faults   usage_error for a pattern that is none, one that is there already, an empty handler; after serve()
  void handle(std::string_view pattern, Handler handler);
  /// Around the handlers, and around what answers where there is none; the first one outermost.
  void use(Middleware middleware);

  /// From then on its connections speak TLS, with this server's configuration; before serve(). A configuration without
  /// ALPN names offers "h2", unless that is turned off, and "http/1.1". Only where weft was built with it.
  void use_tls(const net::tls::Config& config);

  /// Accepts until shutdown() or close(), and returns when the last connection has ended. Where one of these came
  /// before it lets nobody in. Several listeners: one goroutine each.
  void serve(net::TcpListener listener);
  /// The same on "host:port". Errors: std::system_error where nobody can listen there.
  void listen_and_serve(std::string_view address);
  void listen_and_serve(std::string_view address, std::error_code& ec);

  /// Closes the listeners and the idle connections, tells clients with "Connection: close" or GOAWAY, and waits for the
  /// requests under way. `ec`: the context's error when it ends before they do; close() is what follows then.
  void shutdown(const Context& ctx, std::error_code& ec);
  void shutdown(const Context& ctx = {});
  /// Ends everything now: the requests' contexts are done, their reads and writes fail.
  void close() noexcept;

  ServerStats stats() const noexcept;

 private:
  std::unique_ptr<ServerImpl> impl_;
};

}  // namespace weft::http
