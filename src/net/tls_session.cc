#include "net/tls_session.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <algorithm>
#include <cstring>

#include "base/c_string.h"
#include "net/host.h"
#include "net/tls_error.h"

namespace weft::net::tls {
namespace {

constexpr std::size_t kRecordBytes = 16 << 10;

bool is_address(const std::string& host) noexcept {
  in6_addr address;
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 || ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// "[::1]" and "example.org." without what is not in a certificate.
std::string plain_host(std::string_view host) {
  host = unbracketed(host);
  if (host.ends_with('.')) host.remove_suffix(1);
  return std::string(host);
}

bool expect_host(SSL* ssl, const std::string& host) {
  if (is_address(host)) return ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl), host.c_str()) == 1;
  ::SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return ::SSL_set1_host(ssl, host.c_str()) == 1;
}

}  // namespace

std::unique_ptr<Stream::Session> Stream::Session::make(const Config::State& config, std::string_view host,
                                                       std::error_code& ec) {
  ::ERR_clear_error();
  const std::string name = plain_host(host);
  if (!config.is_server && ((config.checks_peer && name.empty()) || !base::is_c_string(name))) {
    ec = std::make_error_code(std::errc::invalid_argument);
    return nullptr;
  }
  SSL* const ssl = ::SSL_new(config.context.get());
  if (ssl == nullptr) {
    ec = queued_error();
    return nullptr;
  }
  std::unique_ptr<Session> session(new Session(ssl));
  BIO* const bio = ::BIO_new(method());
  bool is_ready = bio != nullptr;
  if (is_ready) {
    ::BIO_set_data(bio, session.get());
    ::SSL_set_bio(ssl, bio, bio);
  }
  if (config.is_server) {
    ::SSL_set_accept_state(ssl);
  } else {
    ::SSL_set_connect_state(ssl);
    if (config.checks_peer) is_ready = is_ready && expect_host(ssl, name);
    if (!name.empty() && !is_address(name)) is_ready = is_ready && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
  }
  ec = is_ready ? std::error_code() : queued_error();
  return is_ready ? std::move(session) : nullptr;
}

Stream::Session::~Session() { ::SSL_free(ssl_); }

void Stream::Session::begin(int fd) noexcept {
  ::ERR_clear_error();
  fd_ = fd;
  errno_ = 0;
}

Stream::Session::Outcome Stream::Session::judge(int result) noexcept {
  if (result > 0) return {.ended = true, .wants = {}, .error = {}};
  const int kind = ::SSL_get_error(ssl_, result);
  switch (kind) {
    case SSL_ERROR_WANT_READ:
      return {.ended = false, .wants = Direction::kRead, .error = {}};
    case SSL_ERROR_WANT_WRITE:
      return {.ended = false, .wants = Direction::kWrite, .error = {}};
    case SSL_ERROR_ZERO_RETURN:
      return {.ended = true, .wants = {}, .error = weft::errc::end_of_stream};
    default:
      break;
  }
  const long verified = ::SSL_get_verify_result(ssl_);
  const bool system_failed = kind == SSL_ERROR_SYSCALL && errno_ != 0;
  std::error_code error = system_failed ? std::error_code(errno_, std::generic_category()) : queued_error();
  if (error == errc::certificate_invalid && verified != X509_V_OK) error = certificate_error(verified);
  return {.ended = true, .wants = {}, .error = error};
}

// Half a record may be under way; then OpenSSL refuses, and the peer will tell that it was cut off.
void Stream::Session::say_goodbye(Descriptor& descriptor) noexcept {
  descriptor.use([&](int fd) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock() || said_goodbye_ || !::SSL_is_init_finished(ssl_)) return;
    said_goodbye_ = true;
    begin(fd);
    ::SSL_shutdown(ssl_);
    ::ERR_clear_error();
  });
}

std::span<const std::byte> Stream::Session::gather(detail::IoVector& from) {
  const auto* first = static_cast<const std::byte*>(from.data()->iov_base);
  if (from.count() == 1 || from.data()->iov_len >= kRecordBytes / 4) return {first, from.data()->iov_len};
  gathered_.clear();
  for (std::size_t i = 0; i < from.count() && gathered_.size() < kRecordBytes; ++i) {
    const iovec& part = from.data()[i];
    const auto* begin = static_cast<const std::byte*>(part.iov_base);
    gathered_.insert(gathered_.end(), begin, begin + std::min(part.iov_len, kRecordBytes - gathered_.size()));
  }
  return gathered_;
}

BIO_METHOD* Stream::Session::method() noexcept {
  static BIO_METHOD* const made = [] {
    BIO_METHOD* method = ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weft");
    ::BIO_meth_set_read(method, &read);
    ::BIO_meth_set_write(method, &write);
    ::BIO_meth_set_ctrl(method, &control);
    ::BIO_meth_set_create(method, [](BIO* bio) {
      ::BIO_set_init(bio, 1);
      return 1;
    });
    return method;
  }();
  return made;
}

int Stream::Session::read(BIO* bio, char* into, int bytes) noexcept {
  Session& session = *static_cast<Session*>(::BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  ssize_t count;
  do {
    count = ::recv(session.fd_, into, static_cast<std::size_t>(bytes), 0);
  } while (count < 0 && errno == EINTR);
  if (count == 0) ::BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  if (count < 0 && errno == EAGAIN) BIO_set_retry_read(bio);
  if (count < 0 && errno != EAGAIN) session.errno_ = errno;
  return static_cast<int>(count);
}

int Stream::Session::write(BIO* bio, const char* from, int bytes) noexcept {
  Session& session = *static_cast<Session*>(::BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  ssize_t count;
  do {
    count = ::send(session.fd_, from, static_cast<std::size_t>(bytes), MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == EAGAIN) BIO_set_retry_write(bio);
  if (count < 0 && errno != EAGAIN) session.errno_ = errno;
  return static_cast<int>(count);
}

long Stream::Session::control(BIO* bio, int command, long, void*) noexcept {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return ::BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

}  // namespace weft::net::tls
