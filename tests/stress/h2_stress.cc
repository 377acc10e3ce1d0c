// HTTP/2 on plain connections (h2_visits.h).
#include <memory>

#include "stress/h2_visits.h"

namespace weft::stress {
namespace {

TEST(H2Stress, EachIsAnsweredAndNothingIsLeft) {
  watched_rounds([](Random& random) {
    const int before = open_sockets();
    {
      http::Server server(any_limits(random));
      live(server, random, [](const std::string& address, const std::atomic<bool>& is_closed, Random& seed) {
        std::error_code ec;
        auto stream = std::make_shared<net::TcpStream>(net::TcpStream::connect(address, {}, ec));
        if (ec) return;
        H2Client client(stream, any_window(seed));
        visit(client, is_closed, seed);
      });
    }
    EXPECT_EQ(open_sockets(), before);
    EXPECT_EQ(sched::poll_waiters(), 0);
  });
}

}  // namespace
}  // namespace weft::stress
