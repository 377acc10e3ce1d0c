#include "http/client_connection.h"

#include <sys/socket.h>

#include "net/descriptor.h"
#include "weft/net/tcp.h"

namespace weft::http {
namespace {

class PlainConnection final : public ClientConnection {
 public:
  explicit PlainConnection(net::TcpStream stream) noexcept : stream_(std::move(stream)) {}

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
  net::TcpStream stream_;
};

}  // namespace

std::unique_ptr<ClientConnection> connect_to(const Url& url, const Context& ctx, std::error_code& ec) {
  net::TcpStream stream = net::TcpStream::connect(url.address(), ctx, ec);
  if (ec) return nullptr;
  return std::make_unique<PlainConnection>(std::move(stream));
}

}  // namespace weft::http
