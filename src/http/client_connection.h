// A client's connection to one server.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include "http/url.h"
#include "weft/context.h"

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

/// Errors: those of connecting.
std::unique_ptr<ClientConnection> connect_to(const Url& url, const Context& ctx, std::error_code& ec);

}  // namespace weft::http
