// The same on Boost.Beast with Asio's coroutines, one thread, as Beast's own examples do it; prints its address.
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "asio_server.h"
#include "payload.h"

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace net = boost::asio;
using Stream = net::use_awaitable_t<>::as_default_on_t<beast::tcp_stream>;

net::awaitable<void> session(Stream stream) {
  static const std::string json = payload();
  beast::flat_buffer buffer;
  stream.socket().set_option(net::ip::tcp::no_delay(true));
  try {
    while (true) {
      stream.expires_after(std::chrono::seconds(120));
      http::request<http::string_body> request;
      co_await http::async_read(stream, buffer, request);
      http::response<http::string_body> response(http::status::ok, request.version());
      const bool wants_json = request.target() == "/json";
      response.set(http::field::date, "Fri, 27 Nov 2026 20:33:35 GMT");
      response.set(http::field::content_type, wants_json ? "application/json" : "text/plain; charset=utf-8");
      response.keep_alive(request.keep_alive());
      response.body() = wants_json ? json : "Hello, World!";
      response.prepare_payload();
      co_await http::async_write(stream, response);
    }
  } catch (const boost::system::system_error&) {
  }
}

}  // namespace

int main() { serve_on_loopback(&session); }
