// doctor/loopback_server.h: for tests: a server on 127.0.0.1 that behaves as badly as the test wants.
#pragma once

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace weft::doctor {

/// One thread a connection. The destructor wakes whoever still reads or waits, and joins them.
class LoopbackServer {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Serve = std::function<void(LoopbackServer&, Socket&)>;
  /// From the request's target ("/a?b=c") to the whole answer, header included.
  using Answer = std::function<std::string(const std::string& target)>;

  explicit LoopbackServer(Serve serve) : serve_(std::move(serve)), thread_([this] { accept_all(); }) {}
  explicit LoopbackServer(const Answer& answer)
      : LoopbackServer(
            [answer](LoopbackServer&, Socket& socket) { write(socket, answer(target_of(read_head(socket)))); }) {}

  ~LoopbackServer() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      stopped_.notify_all();
      ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
      for (Socket& socket : sockets_) ::shutdown(socket.native_handle(), SHUT_RDWR);
    }
    thread_.join();
    for (std::thread& thread : threads_) thread.join();
  }

  std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }
  std::string url(std::string_view path = "") const { return "http://127.0.0.1:" + port() + std::string(path); }

  /// False when the server is being stopped.
  bool pause(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !stopped_.wait_for(lock, time, [this] { return stopping_; });
  }

  static std::string read_head(Socket& socket) {
    std::string head;
    boost::system::error_code ignored;
    boost::asio::read_until(socket, boost::asio::dynamic_buffer(head), "\r\n\r\n", ignored);
    return head;
  }
  static std::string target_of(const std::string& head) {
    const std::size_t start = head.find(' ');
    return start == std::string::npos ? "" : head.substr(start + 1, head.find(' ', start + 1) - start - 1);
  }
  /// False when the other side is gone.
  static bool write(Socket& socket, std::string_view bytes) {
    boost::system::error_code error;
    boost::asio::write(socket, boost::asio::buffer(bytes), error);
    return !error;
  }
  /// Until the other side closes.
  static void read_all(Socket& socket) {
    char byte = 0;
    boost::system::error_code error;
    while (!error) socket.read_some(boost::asio::buffer(&byte, 1), error);
  }
  static std::string answer(std::string_view status, std::string_view headers, std::string_view body) {
    return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(headers) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }

 private:
  void accept_all() {
    while (true) {
      Socket socket(io_);
      boost::system::error_code error;
      acceptor_.accept(socket, error);
      const std::lock_guard lock(mutex_);
      if (error || stopping_) return;
      Socket& kept = sockets_.emplace_back(std::move(socket));
      threads_.emplace_back([this, &kept] {
        serve_(*this, kept);
        ::shutdown(kept.native_handle(), SHUT_RDWR);
      });
    }
  }

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
  Serve serve_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  std::list<Socket> sockets_;  // open until the end, so that no number of theirs is given out anew
  std::vector<std::thread> threads_;
  std::thread thread_;
};

}  // namespace weft::doctor
