// HTTPS: a server's connections over TLS.
#include "http/multiplexer.h"
#include "http/server_impl.h"
#include "net/tls_session.h"
#include "weft/http/server.h"
#include "weft/net/tls.h"

namespace weft::http {
namespace {

class TlsStream final : public SecureStream {
 public:
  explicit TlsStream(net::tls::Stream stream) noexcept : stream_(std::move(stream)) {}

  ssize_t read_or_watch(net::Watcher& watcher, std::span<char> into, std::error_code& ec) override {
    return net::tls::StreamAccess::read_or_watch(stream_, watcher, into, ec);
  }
  bool read_now(std::span<char> into, std::error_code& ec, ssize_t& count) override {
    return net::tls::StreamAccess::read_now(stream_, into, ec, count);
  }
  std::size_t read(std::span<char> into, std::error_code& ec) override { return stream_.read_some(into, ec); }
  void write(std::string_view bytes, std::error_code& ec) override {
    stream_.write_all(std::as_bytes(std::span(bytes)), ec);
  }
  std::size_t write_now(std::string_view bytes, std::error_code& ec) override {
    return net::tls::StreamAccess::write_now(stream_, std::as_bytes(std::span(bytes)), ec);
  }
  void shutdown_write() override {
    std::error_code ec;
    stream_.shutdown_write(ec);
  }
  net::Endpoint remote_endpoint() const override { return stream_.remote_endpoint(); }
  std::shared_ptr<Wire> hijack() override { return std::make_shared<WireOf<net::tls::Stream>>(std::move(stream_)); }
  bool speaks_http2() const override { return stream_.alpn() == "h2"; }

 private:
  net::tls::Stream stream_;
};

}  // namespace

void Server::use_tls(const net::tls::Config& config) {
  if (impl_->started.load(std::memory_order_relaxed)) throw usage_error("weft::http::Server::use_tls: after serve()");
  if (!config) throw usage_error("weft::http::Server::use_tls: the configuration is empty");
  static const std::string kProtocols("\x02h2\x08http/1.1");
  const std::string* offered = kSpeaksHttp2 && impl_->limits.max_concurrent_streams != 0 ? &kProtocols : nullptr;
  impl_->make_secure = [config, offered](net::TcpStream& stream, const Context& ctx, std::error_code& ec) {
    net::tls::Stream secure = net::tls::StreamAccess::server(stream, config, offered, ctx, ec);
    return ec ? nullptr : std::make_unique<TlsStream>(std::move(secure));
  };
}

}  // namespace weft::http
