// OpenSSL's errors as std::error_code; see tls::errc in weft/net/tls.h.
#pragma once

#include <system_error>

namespace weft::net::tls {

/// Of X509_V_ERR_*: why a certificate was not taken.
std::error_code certificate_error(long verify_result) noexcept;

/// The oldest error of this thread's queue, which is emptied: errno's where the system failed, else in the category
/// "tls". Never none.
std::error_code queued_error() noexcept;

}  // namespace weft::net::tls
