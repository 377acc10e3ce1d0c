// What is behind a tls::Config: OpenSSL's context.
#pragma once

#include <openssl/ssl.h>
#include <memory>
#include <string>

#include "weft/net/tls.h"

namespace weft::net::tls {

struct ContextFree {
  void operator()(SSL_CTX* context) const noexcept { ::SSL_CTX_free(context); }
};

struct Config::State {
  std::unique_ptr<SSL_CTX, ContextFree> context;
  std::string protocols;  // ALPN's, as they go over the wire: each after its length
  bool is_server = false;
  bool checks_peer = false;
};

}  // namespace weft::net::tls
