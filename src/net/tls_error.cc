#include "net/tls_error.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>

#include "weft/net/tls.h"

namespace weft::net::tls {
namespace {

// What a code is, of those that errc tells apart; 0 if it is none of them.
int kind_of_tls(int value) noexcept {
  const auto code = static_cast<unsigned long>(value);
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return 0;
  switch (ERR_GET_REASON(code)) {
    case SSL_R_UNEXPECTED_EOF_WHILE_READING:
      return static_cast<int>(errc::truncated);
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_BAD_RECORD_TYPE:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return static_cast<int>(errc::not_tls);
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return static_cast<int>(errc::certificate_invalid);
    default:
      return 0;
  }
}

int kind_of_certificate(int value) noexcept {
  switch (value) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
      return static_cast<int>(errc::certificate_untrusted);
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return static_cast<int>(errc::certificate_expired);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return static_cast<int>(errc::wrong_host);
    default:
      return static_cast<int>(errc::certificate_invalid);
  }
}

class ConditionCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "weft.tls"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::not_tls:
        return "the peer does not speak TLS";
      case errc::truncated:
        return "the connection ended without close_notify";
      case errc::certificate_untrusted:
        return "the certificate is not trusted";
      case errc::certificate_expired:
        return "the certificate has expired or is not valid yet";
      case errc::wrong_host:
        return "the certificate is for another host";
      case errc::certificate_invalid:
        return "the certificate is not valid";
    }
    return "unknown";
  }
};

const std::error_category& condition_category() noexcept {
  static const ConditionCategory category;
  return category;
}

// One whose codes are errc's by `kind_of`.
template <int (*kind_of)(int) noexcept>
class SourceCategory : public std::error_category {
 public:
  std::error_condition default_error_condition(int value) const noexcept override {
    const int kind = kind_of(value);
    return kind == 0 ? std::error_condition(value, *this) : std::error_condition(kind, condition_category());
  }
};

class TlsCategory final : public SourceCategory<&kind_of_tls> {
 public:
  const char* name() const noexcept override { return "tls"; }
  std::string message(int value) const override {
    const char* text = ::ERR_reason_error_string(static_cast<unsigned long>(value));
    return text != nullptr ? text : "error " + std::to_string(value);
  }
};

class CertificateCategory final : public SourceCategory<&kind_of_certificate> {
 public:
  const char* name() const noexcept override { return "certificate"; }
  std::string message(int value) const override { return ::X509_verify_cert_error_string(value); }
};

}  // namespace

std::error_condition make_error_condition(errc e) noexcept { return {static_cast<int>(e), condition_category()}; }

std::error_code certificate_error(long verify_result) noexcept {
  static const CertificateCategory category;
  return {static_cast<int>(verify_result), category};
}

std::error_code queued_error() noexcept {
  static const TlsCategory category;
  const unsigned long code = ::ERR_get_error();
  ::ERR_clear_error();
  if (code == 0) return std::make_error_code(std::errc::protocol_error);
  if (ERR_SYSTEM_ERROR(code)) return {ERR_GET_REASON(code), std::generic_category()};
  return {static_cast<int>(code), category};
}

}  // namespace weft::net::tls
