// Answers what it reads on Asio's coroutines, one thread, as Asio's own examples do it; prints its address.
#include <array>
#include <boost/asio/write.hpp>

#include "asio_server.h"

namespace {

namespace net = boost::asio;
using Socket = net::use_awaitable_t<>::as_default_on_t<net::ip::tcp::socket>;

net::awaitable<void> session(Socket socket) {
  socket.set_option(net::ip::tcp::no_delay(true));
  std::array<char, 4096> buffer;
  try {
    while (true) {
      const std::size_t count = co_await socket.async_read_some(net::buffer(buffer));
      co_await net::async_write(socket, net::buffer(buffer, count));
    }
  } catch (const boost::system::system_error&) {
  }
}

}  // namespace

int main() { serve_on_loopback(&session); }
