// weft/http/beast.h: Boost.Beast's WebSocket on a connection that a handler took: the request as Beast wants it, and
// what Beast calls at the end. Guide: docs/guide/http.md
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "weft/http/hijacked_stream.h"
#include "weft/http/request.h"
#include "weft/net/asio.h"

namespace weft::http {

/// For boost::beast::websocket::is_upgrade() and websocket::stream::accept().
inline boost::beast::http::request<boost::beast::http::empty_body> beast_request(const Request& req) {
  boost::beast::http::request<boost::beast::http::empty_body> copy;
  copy.method_string(req.method());
  copy.target(req.target());
  copy.version(static_cast<unsigned>(req.version()));
  for (const HeaderField& field : req.headers()) copy.insert(field.name, field.value);
  return copy;
}

/// What Beast calls at the end of a WebSocket.
inline void teardown(boost::beast::role_type role, HijackedStream& stream, boost::system::error_code& error) {
  net::end_connection(role, stream, error);
}

}  // namespace weft::http
