// weft/http/request.h: Request, what a handler is asked; HttpError, how it says no from anywhere below.
// Guide: docs/guide/http.md
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "weft/context.h"
#include "weft/net/endpoint.h"

namespace weft::http {

class Exchange;

/// Thrown below a handler it becomes the answer: the status, with the message as its text.
class HttpError : public std::runtime_error {
 public:
  HttpError(int status, const std::string& message) : std::runtime_error(message), status_(status) {}
  int status() const noexcept { return status_; }

 private:
  int status_;
};

struct HeaderField {
  std::string_view name, value;
};

/// One request. Its texts live until the handler returns.
///
/// Thread safety  one goroutine at a time; the context that context() returned, from anywhere
class Request {
 public:
  std::string_view method() const noexcept;
  /// As it was sent: "/items/7?q=a%20b".
  std::string_view target() const noexcept;
  /// Without the query, decoded: "/a b" for "/a%20b".
  std::string_view path() const noexcept;
  /// The pattern that matched: "GET /items/{id}"; empty where none did.
  std::string_view pattern() const noexcept;
  /// What stands for `{name}` in the pattern, decoded; empty without such a wildcard.
  std::string_view path_value(std::string_view name) const noexcept;
  /// The first of that name in the query, decoded ("+" is a blank); empty if there is none.
  /// Errors         HttpError(400) where the query is no valid encoding
  std::string_view query(std::string_view name) const;
  bool has_query(std::string_view name) const;

  /// The first of that name in a body of the type application/x-www-form-urlencoded, which is read for it; empty if
  /// there is none, or the body is of another type.
  /// Errors         body()'s; HttpError(400) where the body is no valid encoding
  std::string_view form(std::string_view name) const;
  /// The first cookie of that name; empty if there is none.
  std::string_view cookie(std::string_view name) const noexcept;

  /// The first field of that name, whatever its case; empty if there is none.
  std::string_view header(std::string_view name) const noexcept;
  /// In the order in which they came.
  std::span<const HeaderField> headers() const noexcept;
  /// 20, 11 or 10.
  int version() const noexcept;

  /// All of the body. Read when first asked for: a client that waits for "100 Continue" is told then.
  ///
  /// Blocking       the goroutine, at most Limits::read_body_timeout
  /// Errors         std::errc::message_size over Limits::max_body_bytes; errc::deadline_exceeded when it does not come
  ///                in time; std::errc::bad_message for a chunk that is none; errc::end_of_stream, or what the
  ///                connection says, when it breaks off. The first one stays, and the connection ends with the answer.
  ///                Without `ec` it is thrown as HttpError 413, 408 or 400, which not caught is the answer
  std::string_view body(std::error_code& ec) const;
  std::string_view body() const;
  /// The next bytes of it, for bodies that are too large to be held: 0 at the end, and with an error. Limits and errors
  /// as body()'s.
  std::size_t read_body(std::span<std::byte> into, std::error_code& ec) const;
  std::size_t read_body(std::span<std::byte> into) const;
  std::size_t read_body(std::span<char> into, std::error_code& ec) const {
    return read_body(std::as_writable_bytes(into), ec);
  }
  std::size_t read_body(std::span<char> into) const { return read_body(std::as_writable_bytes(into)); }

  /// Done once the client has left or has reset the stream (HTTP/2), the answer is complete, or the server was told to
  /// stop at once.
  Context context() const;
  net::Endpoint remote_endpoint() const;

  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

 private:
  friend class Exchange;
  explicit Request(Exchange& exchange) noexcept : exchange_(exchange) {}
  Exchange& exchange_;
};

}  // namespace weft::http
