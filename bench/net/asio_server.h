// What the servers on Asio's coroutines have in common: one thread, a free port of loopback, which is printed, and a
// coroutine for each connection.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <utility>

using Acceptor = boost::asio::use_awaitable_t<>::as_default_on_t<boost::asio::ip::tcp::acceptor>;

template <class Stream>
boost::asio::awaitable<void> accept_all(Acceptor acceptor, boost::asio::awaitable<void> (*session)(Stream)) {
  while (true) {
    co_spawn(acceptor.get_executor(), session(Stream(co_await acceptor.async_accept())), boost::asio::detached);
  }
}

template <class Stream>
void serve_on_loopback(boost::asio::awaitable<void> (*session)(Stream)) {
  boost::asio::io_context context(1);
  Acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
  std::printf("127.0.0.1:%d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  co_spawn(context, accept_all(std::move(acceptor), session), boost::asio::detached);
  context.run();
}
