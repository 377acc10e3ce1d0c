#include "http/client_connection.h"

#include "http/stream_connection.h"
#include "weft/net/tcp.h"

namespace weft::http {

std::unique_ptr<ClientConnection> Connector::connect(const Url& url, const Context& ctx, std::error_code& ec) {
  if (url.secure) return connect_secure(url, ctx, ec);
  net::TcpStream stream = net::TcpStream::connect(url.address(), ctx, ec);
  if (ec) return nullptr;
  return std::make_unique<StreamConnection<net::TcpStream>>(std::move(stream));
}

#ifndef WEFT_TLS
std::unique_ptr<ClientConnection> Connector::connect_secure(const Url&, const Context&, std::error_code& ec) {
  ec = std::make_error_code(std::errc::protocol_not_supported);
  return nullptr;
}
#endif

}  // namespace weft::http
