// weft/http/response.h: Response, what a handler answers.
// Guide: docs/guide/http.md
#pragma once

#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <system_error>

#include "weft/http/cookie.h"
#include "weft/http/hijacked_stream.h"

namespace weft::http {

class Exchange;

/// The answer. A small one is held until the handler returns and goes out at once with its length; a large one, or one
/// that is flushed, in chunks (HTTP/2: frames). A handler that does nothing answers 200, empty.
///
/// Errors         std::system_error from what writes, unless it takes an error_code, when the client has left or does
///                not read (Limits::write_timeout): let it pass. usage_error for names and values that no header may
///                have, a status outside 200 to 599, and for those two after the header has gone
/// Thread safety  one goroutine at a time
class Response {
 public:
  Response& status(int code);
  int status() const noexcept;
  /// In place of others of that name.
  Response& set_header(std::string_view name, std::string_view value);
  Response& add_header(std::string_view name, std::string_view value);
  Response& set_cookie(const Cookie& cookie);

  /// More of the body. Without a Content-Type it is "text/plain; charset=utf-8".
  void write(std::string_view bytes);
  void write(std::string_view bytes, std::error_code& ec);
  /// What was written goes out now.
  void flush();
  void flush(std::error_code& ec);
  bool header_sent() const noexcept;

  /// Text, HTML, JSON: more of the body, usually all of it. Of that type unless another was set.
  void text(std::string_view body) { send("text/plain; charset=utf-8", body); }
  void html(std::string_view body) { send("text/html; charset=utf-8", body); }
  /// A string is JSON already; all else that Boost.JSON can turn into a value is turned: `res.json({{"id", 7}})`.
  void json(const boost::json::value& value);
  template <class T>
  void json(const T& value) {
    if constexpr (std::convertible_to<const T&, std::string_view>) {
      send("application/json", std::string_view(value));
    } else {
      json(boost::json::value_from(value));
    }
  }
  void send(std::string_view content_type, std::string_view body);

  /// The status with a line of text, in place of what was written and is not sent yet.
  void error(int code, std::string_view message);
  void redirect(std::string_view location, int code = 302);

  /// Takes the connection from the server: nothing is answered but what the handler, or whom it gives the stream,
  /// writes on it. From then on the request's context is done when the server's shutdown begins, and no longer when the
  /// client leaves. As long as the handler runs the server waits for it, and close() closes the stream; afterwards it
  /// is its owner's alone. The request's body is not to be asked for any more.
  ///
  /// Errors         usage_error once something was written, of the body read, or the connection taken; HttpError(501)
  ///                over HTTP/2, whose connection carries other requests as well
  HijackedStream hijack();

  Response(const Response&) = delete;
  Response& operator=(const Response&) = delete;

 private:
  friend class Exchange;
  explicit Response(Exchange& exchange) noexcept : exchange_(exchange) {}
  Exchange& exchange_;
};

}  // namespace weft::http
