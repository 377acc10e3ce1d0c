// A client's connection on one of weft's streams.
#pragma once

#include <sys/socket.h>
#include <cerrno>
#include <utility>

#include "http/client_connection.h"
#include "net/descriptor.h"

namespace weft::http {

template <class Stream>
class StreamConnection final : public ClientConnection {
 public:
  explicit StreamConnection(Stream stream) noexcept : stream_(std::move(stream)) {}

  std::size_t read_some(std::span<char> into, std::error_code& ec) override { return stream_.read_some(into, ec); }
  void write_all(std::string_view bytes, std::error_code& ec) override {
    stream_.write_all(std::as_bytes(std::span(bytes)), ec);
  }
  void close() noexcept override { stream_.close(); }
  void set_deadline(std::chrono::steady_clock::time_point at) override { stream_.set_deadline(at); }
  bool is_quiet() noexcept override {
    bool quiet = false;
    net::StreamAccess::descriptor(stream_).use([&](int fd) {
      char byte;
      quiet = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
    });
    return quiet;
  }

 private:
  Stream stream_;
};

}  // namespace weft::http
