// weft/net/tls.h: TLS over TCP: tls::Config, tls::Stream, tls::errc.
// Not here: OpenSSL, which does the work and shows in no type. Only where weft was built with it (WEFT_TLS). Guide:
// docs/guide/net.md
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "weft/context.h"
#include "weft/detail/socket.h"
#include "weft/net/endpoint.h"
#include "weft/net/stream.h"
#include "weft/net/tcp.h"

namespace weft::net::tls {

/// What most programs tell apart; compare a std::error_code with it. The code itself says more: in the category "tls"
/// it is OpenSSL's, in "certificate" that of the verification, each with OpenSSL's text.
enum class errc {
  not_tls = 1,            // the peer speaks something else
  truncated,              // the connection ended without close_notify: what was read may be cut off
  certificate_untrusted,  // no chain to a certificate that is trusted
  certificate_expired,    // or not valid yet
  wrong_host,             // the certificate is another's
  certificate_invalid     // any other reason not to take it
};

std::error_condition make_error_condition(errc e) noexcept;

enum class Version { kTls12, kTls13 };

/// Certificates and keys are given as PEM, or as the name of a file that has it: text that begins with "-----" is PEM.
struct ClientOptions {
  std::string trusted = {};  // the roots; empty: the system's
  std::vector<std::string> alpn = {};
  Version least = Version::kTls12;
  std::string certificate = {}, key = {};  // to show to servers that ask
  bool unsafe_trust_anyone = false;        // neither certificate nor host name is checked
};

struct ServerOptions {
  std::string certificate, key;  // the certificate first, then those between it and the root
  std::vector<std::string> alpn = {};
  Version least = Version::kTls12;
  std::string client_roots = {};  // if there are any, clients must show a certificate that one of them signed
};

/// What connections have in common: certificates, roots, protocols. A shared handle; make one for all connections.
///
/// Thread safety  any number of handshakes at once
class Config {
 public:
  struct State;

  Config() noexcept = default;
  explicit operator bool() const noexcept { return state_ != nullptr; }

  /// Errors         OpenSSL's, of the certificates and keys; std::errc::invalid_argument for an empty or overlong ALPN
  ///                name. Without `ec`: std::system_error
  /// Blocking       reads files
  static Config client(const ClientOptions& options, std::error_code& ec);
  static Config client(const ClientOptions& options = {});
  static Config server(const ServerOptions& options, std::error_code& ec);
  static Config server(const ServerOptions& options);

 private:
  friend class Stream;
  friend struct StreamAccess;
  explicit Config(std::shared_ptr<const State> state) noexcept : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

/// One TLS connection. Move-only; closed when it goes.
///
/// Blocking, Thread safety: net::Stream's.
/// Errors         net::Stream's, OpenSSL's, errc's. The end of the stream is told only if the peer said close_notify; a
///                connection that ends without is errc::truncated. After a write that failed every further one fails
class Stream : public net::Stream<Stream> {
 public:
  Stream() noexcept;
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;
  ~Stream();

  /// The client's side: a handshake over `connection` with `host`, a name or an address, which the certificate must
  /// name. A deadline of the connection holds for the handshake.
  static Stream client(TcpStream connection, const Config& config, std::string_view host, const Context& ctx,
                       std::error_code& ec);
  static Stream client(TcpStream connection, const Config& config, std::string_view host, const Context& ctx = {});
  /// Connects to "host:port" and shakes hands.
  static Stream connect(std::string_view address, const Config& config, const Context& ctx, std::error_code& ec);
  static Stream connect(std::string_view address, const Config& config, const Context& ctx = {});
  /// The server's side. On the connection's own goroutine, lest a slow client hold up the others; with a context or a
  /// deadline, lest it stay for ever.
  static Stream server(TcpStream connection, const Config& config, const Context& ctx, std::error_code& ec);
  static Stream server(TcpStream connection, const Config& config, const Context& ctx = {});

  /// Says close_notify: the peer reads the end after what was written.
  void shutdown_write(std::error_code& ec);
  using net::Stream<Stream>::shutdown_write;
  /// Says close_notify if that needs no waiting; wakes who reads or writes, with errc::closed. Idempotent.
  void close() noexcept;

  /// The protocol both sides chose; empty: none.
  std::string alpn() const;
  Version version() const;
  /// The host name the client asked for; empty: none.
  std::string server_name() const;
  /// The subject of the peer's certificate, as "CN=example.org"; empty where it showed none.
  std::string peer_subject() const;

  Endpoint local_endpoint() const { return socket_.local_endpoint(); }
  Endpoint remote_endpoint() const { return socket_.remote_endpoint(); }

 private:
  friend class net::Stream<Stream>;
  friend struct StreamAccess;
  class Session;
  Stream(detail::Socket socket, std::unique_ptr<Session> session) noexcept;
  static Stream handshake(TcpStream& connection, std::unique_ptr<Session> session, const Context& ctx,
                          std::error_code& ec);

  std::size_t read_vector(detail::IoVector& into, std::error_code& ec);
  std::size_t write_vector(detail::IoVector& from, std::error_code& ec);
  const Session& session(const char* what) const;

  std::unique_ptr<Session> session_;
};

}  // namespace weft::net::tls

template <>
struct std::is_error_condition_enum<weft::net::tls::errc> : std::true_type {};
