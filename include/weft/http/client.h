// weft/http/client.h: Client, requests to other servers: a pool of connections, time limits, redirects.
// Guide: docs/guide/http.md
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "weft/context.h"

namespace weft::http {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct ClientRequest {
  std::string method = "GET";
  std::string url;  // "http://host[:port]/path?query", "https://..."
  HeaderList headers = {};
  std::string body = {};
};

struct ClientResponse {
  int status = 0;
  HeaderList headers;
  std::string body;
  std::string url;  // of the last redirect

  /// The first of that name, whatever its case; empty if there is none.
  std::string_view header(std::string_view name) const noexcept;
};

struct ClientOptions {
  std::chrono::nanoseconds timeout = std::chrono::seconds(30);  // of all of a request, redirects too; 0: none
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

/// Sends requests and returns whole answers. Any status is an answer; the world's failures are errors.
///
/// Connections    are kept and used again. One that its server has closed in the meantime is noticed; a request without
///                a body is sent once more on a new one then
/// Redirects      are followed: 301, 302 and 303 turn POST into GET, 307 and 308 keep it; Authorization and Cookie stay
///                with their host
/// Blocking       the goroutine. The body is sent before the answer is read: a server that answers while it reads, and
///                does not read while its answer is not taken, holds up a large one until the timeout
/// Thread safety  any
/// Errors         errno's; the context's end, or errc::deadline_exceeded; std::errc::invalid_argument for a URL that is
///                none, or of another scheme; net::tls::errc's; Beast's for an answer that is none or too large; a
///                resolver's
class Client {
 public:
  Client() : Client(ClientOptions()) {}
  explicit Client(ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  ClientResponse send(const ClientRequest& request, const Context& ctx, std::error_code& ec);
  ClientResponse send(const ClientRequest& request, const Context& ctx = {});
  ClientResponse get(std::string_view url, const Context& ctx = {});
  ClientResponse post(std::string_view url, std::string_view content_type, std::string_view body,
                      const Context& ctx = {});

  /// Closes the connections that nobody uses at this moment.
  void close_idle() noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// On a client that all share.
ClientResponse get(std::string_view url, const Context& ctx = {});
ClientResponse get(std::string_view url, const Context& ctx, std::error_code& ec);
ClientResponse post(std::string_view url, std::string_view content_type, std::string_view body,
                    const Context& ctx = {});

}  // namespace weft::http
