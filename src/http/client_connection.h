// A client's connection to one server.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include "http/url.h"
#include "weft/context.h"
#include "weft/http/client.h"
#include "weft/sync/mutex.h"

namespace weft::http {

class ClientConnection {
 public:
  virtual ~ClientConnection() = default;

  virtual std::size_t read_some(std::span<char> into, std::error_code& ec) = 0;
  virtual void write_all(std::string_view bytes, std::error_code& ec) = 0;
  /// From anywhere: ends a read or write under way.
  virtual void close() noexcept = 0;
  virtual void set_deadline(std::chrono::steady_clock::time_point at) = 0;
  /// Nothing to read, not even the end: what an idle connection looks like.
  virtual bool is_quiet() noexcept = 0;
};

/// How a client connects; with TLS if the URL says so. Thread safety: any.
class Connector {
 public:
  explicit Connector(const ClientOptions& options) noexcept : options_(options) {}

  /// Errors: those of connecting; of the handshake, or of tls_roots; std::errc::protocol_not_supported for https where
  /// weft was built without TLS.
  std::unique_ptr<ClientConnection> connect(const Url& url, const Context& ctx, std::error_code& ec);

 private:
  std::unique_ptr<ClientConnection> connect_secure(const Url& url, const Context& ctx, std::error_code& ec);

  const ClientOptions& options_;
  Mutex mutex_;
  std::shared_ptr<void> tls_config_;  // made when it is first needed
};

}  // namespace weft::http
