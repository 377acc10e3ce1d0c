// net_stress' visitors over TLS: a record that was cut off in the middle must end its connection, and alter none.
#include <string>

#include "net/tls_test_support.h"
#include "stress/streams.h"
#include "weft/net/tls.h"

namespace weft::stress {
namespace {

namespace tls = net::tls;

TEST(TlsStress, EveryByteArrivesAndNobodyWaitsForEver) {
  const tls::Identity& own = tls::authority().localhost;
  const tls::Config servers = tls::Config::server({.certificate = own.certificate_pem(), .key = own.key_pem()});
  const tls::Config clients = tls::Config::client({.trusted = tls::authority().root.certificate_pem()});
  watched_rounds([&](Random& random) {
    leaves_nothing([&] {
      net::TcpListener listener = net::TcpListener::listen("127.0.0.1:0");
      const std::string address = listener.local_endpoint().to_string();
      visit_server(
          random, std::move(listener),
          [&](net::TcpStream accepted) {
            std::error_code ec;
            tls::Stream stream = tls::Stream::server(std::move(accepted), servers, {}, ec);
            EXPECT_FALSE(ec) << ec.message();
            return stream;
          },
          [&] { return tls::Stream::connect(address, clients); });
    });
  });
}

}  // namespace
}  // namespace weft::stress
