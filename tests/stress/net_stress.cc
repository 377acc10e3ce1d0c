// Connections over loopback that are read, written, closed and cut off by deadlines while processors come and go: every
// byte arrives once and in order, nobody is left waiting, no socket is left open. And datagrams, that may be lost but
// not altered.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string>
#include <vector>

#include "stress/streams.h"

namespace weft::stress {
namespace {

using net::TcpListener;
using net::TcpStream;
using net::UdpSocket;
using net::UnixListener;
using net::UnixStream;
using std::chrono::microseconds;

constexpr auto as_it_is = [](auto stream) { return stream; };

TEST(NetStress, EveryByteArrivesAndNobodyWaitsForEver) {
  watched_rounds([](Random& random) {
    leaves_nothing([&] {
      TcpListener listener = TcpListener::listen("127.0.0.1:0");
      const std::string address = listener.local_endpoint().to_string();
      visit_server(random, std::move(listener), as_it_is, [&] { return TcpStream::connect(address); });
    });
  });
}

TEST(NetStress, UnixStreamsToo) {
  watched_rounds([](Random& random) {
    leaves_nothing([&] {
      const std::string address = "@weft-stress-" + std::to_string(::getpid());
      visit_server(random, UnixListener::listen(address), as_it_is, [&] { return UnixStream::connect(address); });
    });
  });
}

// Asks for an answer several times, and gives up now and then.
void ask(const net::Endpoint& server, Random random) {
  UdpSocket socket = pick(random, 0, 1) == 0 ? UdpSocket::bind("127.0.0.1:0") : UdpSocket::connect(server.to_string());
  std::vector<std::string> asked;
  for (int i = pick(random, 1, 20); i > 0; --i) {
    asked.push_back(std::string(pick_size(random, 0, 600), static_cast<char>('a' + i)));
    socket.send_to(asked.back(), server);
    if (pick(random, 0, 4) == 0) socket.set_read_deadline(std::chrono::steady_clock::now() + microseconds(50));
    std::array<char, 512> buffer;
    std::error_code ec;
    const net::Datagram answer = socket.receive_from(buffer, with_timeout({}, microseconds(pick(random, 0, 2000))), ec);
    socket.set_read_deadline(std::chrono::steady_clock::time_point::max());
    if (ec) continue;
    const std::string_view text(buffer.data(), answer.bytes);
    EXPECT_EQ(answer.from, server);
    EXPECT_TRUE(std::ranges::any_of(asked, [&](const std::string& sent) {
      return text == std::string_view(sent).substr(0, 512) && answer.truncated == (sent.size() > 512);
    }));
  }
}

TEST(NetStress, DatagramsArriveAsTheyWereSent) {
  watched_rounds([](Random& random) {
    leaves_nothing([&] {
      UdpSocket server = UdpSocket::bind("127.0.0.1:0");
      const net::Endpoint address = server.local_endpoint();
      Group answerers, callers;
      for (int i = pick(random, 1, 4); i > 0; --i) {
        answerers.go([&] {
          std::array<char, 1024> buffer;
          std::error_code ec;
          while (ec != errc::closed) {
            const net::Datagram question = server.receive_from(buffer, ec);
            if (!ec) server.send_to(std::string_view(buffer.data(), question.bytes), question.from, ec);
          }
        });
      }
      for (int i = pick(random, 1, 12); i > 0; --i) callers.go([&, seed = Random(random())] { ask(address, seed); });
      callers.wait();
      server.close();
      answerers.wait();
    });
  });
}

// Contexts and deadlines that end a wait race with the connection that would end it as well.
TEST(NetStress, AConnectionIsAcceptedOrStaysInTheQueue) {
  watched_rounds([](Random& random) {
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    const std::string address = listener.local_endpoint().to_string();
    const int connections = pick(random, 1, 20);
    std::atomic<int> accepted{0};
    Group acceptors;
    for (int i = pick(random, 1, 4); i > 0; --i) {
      acceptors.go([&, seed = Random(random())]() mutable {
        while (accepted < connections) {
          std::error_code ec;
          listener.accept(with_timeout({}, microseconds(pick(seed, 0, 300))), ec);
          if (!ec) ++accepted;
        }
      });
    }
    for (int i = 0; i < connections; ++i) {
      if (pick(random, 0, 2) == 0) sleep_for(microseconds(pick(random, 0, 100)));
      TcpStream::connect(address);
    }
    acceptors.wait();
    EXPECT_EQ(accepted, connections);
  });
}

}  // namespace
}  // namespace weft::stress
