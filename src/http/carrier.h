// What carries one request and its answer: all that an Exchange needs to know of a protocol.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <system_error>

#include "http/request_head.h"
#include "http/response_writer.h"
#include "weft/context.h"
#include "weft/http/hijacked_stream.h"
#include "weft/net/endpoint.h"

namespace weft::http {

class ServerImpl;

/// A request's body: read when it is asked for.
class BodyReader {
 public:
  /// See Request::body(), read_body().
  virtual std::string_view all(std::error_code& ec) = 0;
  virtual std::size_t read(std::span<std::byte> into, std::error_code& ec) = 0;

 protected:
  ~BodyReader() = default;
};

class Carrier {
 public:
  virtual ServerImpl& server() noexcept = 0;
  virtual const RequestHead& head() const noexcept = 0;
  virtual BodyReader& body() noexcept = 0;
  virtual ResponseWriter& writer() noexcept = 0;
  /// See Request::context(), remote_endpoint().
  virtual Context context() = 0;
  virtual net::Endpoint remote_endpoint() const = 0;
  /// See Response::hijack(). Nothing was written, and nothing will be; finish() follows.
  virtual HijackedStream hijack() = 0;

  /// What this client sends next may not be what it means.
  virtual void distrust_what_follows() noexcept = 0;
  /// The handler has returned: sends what is left of the answer, and ends the context.
  virtual void finish() noexcept = 0;

 protected:
  ~Carrier() = default;
};

}  // namespace weft::http
