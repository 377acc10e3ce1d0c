// HTTP/2 over TLS (h2_visits.h): writing that does not wait, and goes on elsewhere in the middle of a record.
#include <memory>

#include "net/tls_test_support.h"
#include "stress/h2_visits.h"
#include "weft/net/tls.h"

namespace weft::stress {
namespace {

namespace tls = net::tls;

TEST(TlsH2Stress, EachIsAnsweredAndNothingIsLeft) {
  const tls::Identity identity = tls::make_identity({});
  const auto to_server = tls::Config::server({.certificate = identity.certificate_pem(), .key = identity.key_pem()});
  const auto to_client = tls::Config::client({.trusted = identity.certificate_pem(), .alpn = {"h2"}});
  watched_rounds([&](Random& random) {
    const int before = open_sockets();
    {
      http::Server server(any_limits(random));
      server.use_tls(to_server);
      live(server, random, [&](const std::string& address, const std::atomic<bool>& is_closed, Random& seed) {
        std::error_code ec;
        auto tcp = net::TcpStream::connect(address, {}, ec);
        if (ec) return;
        const auto stream =
            std::make_shared<tls::Stream>(tls::Stream::client(std::move(tcp), to_client, "localhost", {}, ec));
        if (ec) return;
        H2Client client([stream](std::span<char> into, std::error_code& e) { return stream->read_some(into, e); },
                        [stream](std::string_view bytes, std::error_code& e) {
                          stream->write_all(std::as_bytes(std::span(bytes)), e);
                        },
                        any_window(seed));
        visit(client, is_closed, seed);
      });
    }
    EXPECT_EQ(open_sockets(), before);
    EXPECT_EQ(sched::poll_waiters(), 0);
  });
}

}  // namespace
}  // namespace weft::stress
