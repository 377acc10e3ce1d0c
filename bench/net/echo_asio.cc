// Answers what it reads on Asio's coroutines, one thread, as Asio's own examples do it; prints its address.
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>

namespace {

namespace net = boost::asio;
using Socket = net::use_awaitable_t<>::as_default_on_t<net::ip::tcp::socket>;
using Acceptor = net::use_awaitable_t<>::as_default_on_t<net::ip::tcp::acceptor>;

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

net::awaitable<void> accept_all(Acceptor acceptor) {
  while (true) {
    co_spawn(acceptor.get_executor(), session(co_await acceptor.async_accept()), net::detached);
  }
}

}  // namespace

int main() {
  net::io_context context(1);
  Acceptor acceptor(context, {net::ip::address_v4::loopback(), 0});
  std::printf("127.0.0.1:%d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  co_spawn(context, accept_all(std::move(acceptor)), net::detached);
  context.run();
}
