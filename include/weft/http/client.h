// weft/http/client.h: Client, requests to other servers: a pool of connections, time limits, redirects.
// Guide: docs/guide/http.md
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "weft/context.h"

namespace weft::http {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

/// Gives a body's next bytes: puts them into what it is called with, and returns how many; 0 at the end. What it throws
/// ends the request, and leaves send(), open() or read_body(), whichever comes to hear of it.
///
/// It is called on a goroutine of its own, while the answer comes in. Who asked waits until it returns, whatever ends
/// the request before: have it watch the context if it waits. An answer that has come whole ends a body that is still
/// under way 50 ms later; that is no error, since it is how servers say no.
using BodySource = std::function<std::size_t(std::span<std::byte>)>;

struct ClientRequest {
  std::string method = "GET";
  std::string url;  // "http://host[:port]/path?query", "https://..."; a name and password in it are not sent
  HeaderList headers = {};
  std::string body = {};
  BodySource body_source = {};                          // in place of `body`, for one that is too large to hold
  std::optional<std::uint64_t> body_source_bytes = {};  // how many it gives; not known: the body goes in chunks
};

struct ClientResponse {
  int status = 0;
  HeaderList headers;
  std::string body;
  std::string url;  // of the last redirect

  /// The first of that name, whatever its case; empty if there is none.
  std::string_view header(std::string_view name) const noexcept;
};

/// An answer whose body is read as it comes: one that is too large to hold, or has no end. Move-only.
///
/// At its end, read or not, the connection is used again if all of the body has come, else closed.
///
/// Thread safety  one goroutine at a time; the context that it was opened with, from anywhere
class ClientStream {
 public:
  ClientStream() noexcept;  // no answer
  ClientStream(ClientStream&&) noexcept;
  ClientStream& operator=(ClientStream&&) noexcept;
  ~ClientStream();

  int status() const noexcept;  // 0: no answer
  const HeaderList& headers() const noexcept;
  /// The first of that name, whatever its case; empty if there is none.
  std::string_view header(std::string_view name) const noexcept;
  /// Of the last redirect.
  std::string_view url() const noexcept;

  /// The next bytes of the body: 0 at its end, and with an error, which then stays.
  ///
  /// Errors         as Client's; a body that breaks off is one
  /// Usage faults   usage_error where there is no answer
  std::size_t read_body(std::span<std::byte> into, std::error_code& ec);
  std::size_t read_body(std::span<std::byte> into);
  std::size_t read_body(std::span<char> into, std::error_code& ec) {
    return read_body(std::as_writable_bytes(into), ec);
  }
  std::size_t read_body(std::span<char> into) { return read_body(std::as_writable_bytes(into)); }

 private:
  friend class Client;
  struct Impl;
  explicit ClientStream(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

struct ClientOptions {
  std::chrono::nanoseconds timeout = std::chrono::seconds(30);  // of all of a request, redirects too; 0: none. With
                                                                // open(): until the last answer's head has come
  int max_redirects = 10;                                       // 0: a redirect is the answer
  std::size_t max_header_bytes = 64 << 10;
  std::size_t max_body_bytes = std::size_t{64} << 20;
  std::size_t max_idle_per_host = 16;
  std::chrono::nanoseconds idle_timeout = std::chrono::seconds(90);  // an idle connection that is older is not used
  std::string user_agent = "weft";
  std::string tls_roots = {};            // PEM, or a file of it: whom https servers must be vouched for by; empty: the
                                         // system's
  bool tls_unsafe_trust_anyone = false;  // neither certificate nor host name is checked
};

/// Sends requests and returns answers. Any status is an answer; the world's failures are errors.
///
/// Connections    are kept and used again. One that its server has closed in the meantime is noticed; GET, HEAD,
///                OPTIONS, PUT and DELETE without a body are sent once more on a new one then
/// Redirects      are followed: 301, 302 and 303 turn POST into GET, 307 and 308 keep it; Authorization and Cookie stay
///                with their host. A body from a BodySource is not sent twice: such a redirect is the answer
/// Blocking       the goroutine
/// Thread safety  any
/// Errors         errno's; the context's end, or errc::deadline_exceeded; std::errc::invalid_argument for a URL that is
///                none, or of another scheme; net::tls::errc's; Beast's for an answer that is none or too large; a
///                resolver's
/// Usage faults   usage_error, with `ec` too, for a method or a header that is none, for two bodies, and for a
///                BodySource that gives more or less than body_source_bytes
class Client {
 public:
  Client() : Client(ClientOptions()) {}
  explicit Client(ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  ClientResponse send(const ClientRequest& request, const Context& ctx, std::error_code& ec);
  ClientResponse send(const ClientRequest& request, const Context& ctx = {});
  ClientResponse get(std::string_view url, const Context& ctx, std::error_code& ec);
  ClientResponse get(std::string_view url, const Context& ctx = {});
  ClientResponse post(std::string_view url, std::string_view content_type, std::string_view body, const Context& ctx,
                      std::error_code& ec);
  ClientResponse post(std::string_view url, std::string_view content_type, std::string_view body,
                      const Context& ctx = {});

  /// Sends the request and returns once the answer's head has come; ClientOptions::max_body_bytes does not count.
  ClientStream open(const ClientRequest& request, const Context& ctx, std::error_code& ec);
  ClientStream open(const ClientRequest& request, const Context& ctx = {});

  /// Closes the connections that nobody uses at this moment.
  void close_idle() noexcept;

 private:
  friend class ClientStream;
  class Impl;
  std::shared_ptr<Impl> impl_;  // with the streams
};

/// On a client that all share.
ClientResponse get(std::string_view url, const Context& ctx = {});
ClientResponse get(std::string_view url, const Context& ctx, std::error_code& ec);
ClientResponse post(std::string_view url, std::string_view content_type, std::string_view body,
                    const Context& ctx = {});
ClientResponse post(std::string_view url, std::string_view content_type, std::string_view body, const Context& ctx,
                    std::error_code& ec);

}  // namespace weft::http
