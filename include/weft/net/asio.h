// weft/net/asio.h: what lets Boost.Asio's and Boost.Beast's blocking algorithms run on weft's streams: their error
// codes, the executor that layers ask for, the teardown of a WebSocket. Include it before the first use of a stream
// with them. Not here: anything asynchronous. Guide: docs/guide/net.md
//
// boost::beast::http::read(stream, ...), boost::beast::websocket::stream<weft::net::TcpStream> and
// boost::asio::ssl::stream<weft::net::TcpStream> work as with a socket of Asio's; a call that waits parks the
// goroutine.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <system_error>

#include "weft/error.h"
#include "weft/net/stream.h"
#include "weft/net/tcp.h"
#include "weft/net/tls.h"
#include "weft/net/unix.h"

namespace weft::net {

/// The executor of an io_context that nobody runs: layers keep timers with it, which blocking calls never start.
class AsioExecutor : public boost::asio::any_io_executor {
 public:
  AsioExecutor() : boost::asio::any_io_executor(unused_context().get_executor()) {}

 private:
  // Never destroyed: a stream in a static object may outlive any static one.
  static boost::asio::io_context& unused_context() {
    static auto* const context = new boost::asio::io_context(1);
    return *context;
  }
};

/// errno's values keep their meaning; the end of a stream is asio::error::eof, a deadline asio::error::timed_out,
/// close() and a done context asio::error::operation_aborted. Another category's code stays what it is, wrapped.
template <>
struct ErrorCodeAs<boost::system::error_code> {
  static boost::system::error_code from(const std::error_code& ec) noexcept {
    if (!ec) return {};
    if (ec.category() == std::generic_category() || ec.category() == std::system_category())
      return {ec.value(), boost::system::system_category()};
    if (ec.category() != error_category()) return ec;
    switch (static_cast<errc>(ec.value())) {
      case errc::end_of_stream:
        return boost::asio::error::eof;
      case errc::deadline_exceeded:
        return boost::asio::error::timed_out;
      case errc::shutting_down:
        return boost::asio::error::shut_down;
      case errc::cancelled:
      case errc::closed:
        return boost::asio::error::operation_aborted;
    }
    return ec;
  }
};

/// Ends a WebSocket's connection, as Beast does for Asio's sockets: the server ends its side first, and both read up to
/// the end, so that nothing is lost on the way.
///
/// Blocking       until the peer has ended its side: set a deadline first
template <class Derived>
void end_connection(boost::beast::role_type role, Stream<Derived>& stream, boost::system::error_code& error) {
  Derived& end = stream.lowest_layer();
  std::error_code ec;
  if (role == boost::beast::role_type::server) end.shutdown_write(ec);
  std::array<std::byte, 2048> rest;
  while (!ec) end.read_some(rest, ec);
  if (ec == errc::end_of_stream) ec.clear();
  if (!ec && role == boost::beast::role_type::client) end.shutdown_write(ec);
  end.close();
  error = ErrorCodeAs<boost::system::error_code>::from(ec);
}

/// What Beast calls at the end of a WebSocket.
inline void teardown(boost::beast::role_type role, TcpStream& stream, boost::system::error_code& error) {
  end_connection(role, stream, error);
}
inline void teardown(boost::beast::role_type role, tls::Stream& stream, boost::system::error_code& error) {
  end_connection(role, stream, error);
}
inline void teardown(boost::beast::role_type role, UnixStream& stream, boost::system::error_code& error) {
  end_connection(role, stream, error);
}

}  // namespace weft::net
