#include "weft/net/tls.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>
#include <utility>

#include "net/open.h"
#include "net/tls_session.h"

namespace weft::net::tls {
namespace {

using Direction = Descriptor::Direction;

// Reads what has been decrypted already into the parts that follow the first.
std::size_t read_rest(SSL* ssl, detail::IoVector& into) noexcept {
  std::size_t done = 0;
  for (std::size_t i = 1; i < into.count() && ::SSL_pending(ssl) > 0; ++i) {
    std::size_t count = 0;
    if (::SSL_read_ex(ssl, into.data()[i].iov_base, into.data()[i].iov_len, &count) != 1) break;
    done += count;
    if (count < into.data()[i].iov_len) break;
  }
  return done;
}

}  // namespace

Stream::Stream() noexcept = default;
Stream::Stream(Stream&&) noexcept = default;
Stream::Stream(detail::Socket socket, std::unique_ptr<Session> session) noexcept
    : net::Stream<Stream>(std::move(socket)), session_(std::move(session)) {}

Stream& Stream::operator=(Stream&& o) noexcept {
  Stream taken(std::move(o));
  std::swap(socket_, taken.socket_);
  std::swap(session_, taken.session_);
  return *this;
}

Stream::~Stream() { close(); }

Stream Stream::handshake(TcpStream& connection, std::unique_ptr<Session> session, const Context& ctx,
                         std::error_code& ec) {
  if (!ec) ec = ctx.error();
  if (ec) return {};
  Stream stream(std::move(connection.socket_), std::move(session));
  stream.session_->run(stream.socket_.get("tls::Stream"), Direction::kWrite, limits_of(ctx), ec, &::SSL_do_handshake);
  name_reason(ctx, ec);
  if (ec == weft::errc::end_of_stream) ec = std::make_error_code(std::errc::connection_aborted);
  if (!ec) return stream;
  connection.socket_ = std::move(stream.socket_);
  return {};
}

Stream Stream::client(TcpStream connection, const Config& config, std::string_view host, const Context& ctx,
                      std::error_code& ec) {
  if (config.state_ == nullptr || config.state_->is_server)
    throw usage_error("weft::net::tls::Stream::client: not a client's Config");
  return handshake(connection, Session::make(*config.state_, host, ec), ctx, ec);
}

Stream Stream::client(TcpStream connection, const Config& config, std::string_view host, const Context& ctx) {
  std::error_code ec;
  Stream stream = client(std::move(connection), config, host, ctx, ec);
  if (ec) throw_for("tls::Stream::client", host, ec);
  return stream;
}

Stream Stream::connect(std::string_view address, const Config& config, const Context& ctx, std::error_code& ec) {
  TcpStream connection = TcpStream::connect(address, ctx, ec);
  if (ec) return {};
  return client(std::move(connection), config, address.substr(0, address.rfind(':')), ctx, ec);
}

Stream Stream::connect(std::string_view address, const Config& config, const Context& ctx) {
  std::error_code ec;
  Stream stream = connect(address, config, ctx, ec);
  if (ec) throw_for("tls::Stream::connect", address, ec);
  return stream;
}

Stream StreamAccess::server(TcpStream& connection, const Config& config, const std::string* default_protocols,
                            const Context& ctx, std::error_code& ec) {
  if (config.state_ == nullptr || !config.state_->is_server)
    throw usage_error("weft::net::tls::Stream::server: not a server's Config");
  auto session = Stream::Session::make(*config.state_, {}, ec);
  if (session) session->offer(default_protocols);
  return Stream::handshake(connection, std::move(session), ctx, ec);
}

Stream Stream::server(TcpStream connection, const Config& config, const Context& ctx, std::error_code& ec) {
  return StreamAccess::server(connection, config, nullptr, ctx, ec);
}

Stream Stream::server(TcpStream connection, const Config& config, const Context& ctx) {
  std::error_code ec;
  Stream stream = server(std::move(connection), config, ctx, ec);
  detail::throw_if(ec, "tls::Stream::server");
  return stream;
}

std::size_t Stream::read_vector(detail::IoVector& into, std::error_code& ec) {
  Descriptor& descriptor = socket_.get("tls::Stream::read_some");
  ec.clear();
  if (into.bytes() == 0) return 0;
  std::size_t count = 0;
  session_->run(descriptor, Direction::kRead, {}, ec, [&](SSL* ssl) {
    const iovec& first = *into.data();
    const int result = ::SSL_read_ex(ssl, first.iov_base, first.iov_len, &count);
    if (result == 1 && count == first.iov_len) count += read_rest(ssl, into);
    return result;
  });
  return count;
}

std::size_t Stream::write_vector(detail::IoVector& from, std::error_code& ec) {
  Descriptor& descriptor = socket_.get("tls::Stream::write_some");
  ec = session_->unwritable(descriptor);
  if (ec || from.bytes() == 0) return 0;
  const std::span<const std::byte> piece = session_->gather(from);
  std::size_t count = 0;
  session_->run(descriptor, Direction::kWrite, {}, ec,
                [&](SSL* ssl) { return ::SSL_write_ex(ssl, piece.data(), piece.size(), &count); });
  session_->write_error = ec;
  return ec ? 0 : count;
}

void Stream::shutdown_write(std::error_code& ec) {
  Descriptor& descriptor = socket_.get("tls::Stream::shutdown_write");
  ec = session_->unwritable(descriptor);
  if (ec) return;
  session_->run(descriptor, Direction::kWrite, {}, ec, [](SSL* ssl) {
    const int result = ::SSL_shutdown(ssl);
    return result == 0 ? 1 : result;  // said, and not answered yet
  });
}

void Stream::close() noexcept {
  if (socket_.is_open()) session_->say_goodbye(socket_.get("tls::Stream::close"));
  socket_.close();
}

const Stream::Session& Stream::session(const char* what) const {
  socket_.get(what);
  return *session_;
}

std::string Stream::alpn() const {
  return session("tls::Stream::alpn").ask([](const SSL* ssl) {
    const unsigned char* name = nullptr;
    unsigned int bytes = 0;
    ::SSL_get0_alpn_selected(ssl, &name, &bytes);
    return std::string(reinterpret_cast<const char*>(name), bytes);
  });
}

Version Stream::version() const {
  return session("tls::Stream::version").ask([](const SSL* ssl) {
    return ::SSL_version(ssl) == TLS1_3_VERSION ? Version::kTls13 : Version::kTls12;
  });
}

std::string Stream::server_name() const {
  return session("tls::Stream::server_name").ask([](const SSL* ssl) {
    const char* name = ::SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    return std::string(name != nullptr ? name : "");
  });
}

std::string Stream::peer_subject() const {
  return session("tls::Stream::peer_subject").ask([](const SSL* ssl) -> std::string {
    const X509* certificate = ::SSL_get0_peer_certificate(ssl);
    if (certificate == nullptr) return {};
    const std::unique_ptr<BIO, decltype(&::BIO_free)> text(::BIO_new(::BIO_s_mem()), &::BIO_free);
    if (text == nullptr) return {};
    ::X509_NAME_print_ex(text.get(), ::X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
    char* data = nullptr;
    const long bytes = BIO_get_mem_data(text.get(), &data);
    return {data, static_cast<std::size_t>(bytes)};
  });
}

}  // namespace weft::net::tls
