// A client's connections over TLS.
#include "http/client_connection.h"
#include "http/stream_connection.h"
#include "weft/net/tls.h"

namespace weft::http {

using net::tls::Config;

std::unique_ptr<ClientConnection> Connector::connect_secure(const Url& url, const Context& ctx, std::error_code& ec) {
  std::shared_ptr<void> config;
  {
    const std::lock_guard guard(mutex_);
    if (!tls_config_) {
      Config made = Config::client({.trusted = options_.tls_roots,
                                    .alpn = {"http/1.1"},
                                    .unsafe_trust_anyone = options_.tls_unsafe_trust_anyone},
                                   ec);
      if (ec) return nullptr;
      tls_config_ = std::make_shared<Config>(std::move(made));
    }
    config = tls_config_;
  }
  net::tls::Stream stream =
      net::tls::Stream::connect(url.address(), *static_cast<const Config*>(config.get()), ctx, ec);
  if (ec) return nullptr;
  return std::make_unique<StreamConnection<net::tls::Stream>>(std::move(stream));
}

}  // namespace weft::http
