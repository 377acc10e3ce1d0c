// Connections over loopback that are read, written, closed and cut off by deadlines while processors come and go: every
// byte arrives once and in order, nobody is left waiting, no socket is left open.
#include <array>
#include <filesystem>
#include <vector>

#include "sched/poller.h"
#include "stress/stress.h"
#include "weft/net.h"
#include "weft/sync.h"
#include "weft/time.h"

namespace weft::stress {
namespace {

using namespace std::chrono_literals;
using net::TcpListener;
using net::TcpStream;
using std::chrono::microseconds;

std::size_t pick_size(Random& random, int from, int to) { return static_cast<std::size_t>(pick(random, from, to)); }

int open_sockets() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the folder's own, by now
    count += std::filesystem::read_symlink(entry.path(), gone).native().starts_with("socket:") ? 1 : 0;
  }
  return count;
}

void echo(TcpStream stream) {
  std::array<std::byte, 2048> buffer;
  std::error_code ec;
  while (const std::size_t count = stream.read_some(buffer, ec)) {
    stream.write_all(std::span(buffer).first(count), ec);
    if (ec) return;
  }
}

// One who writes while another reads back; returns how much came back as it was sent.
std::size_t converse(TcpStream& stream, Random& random, std::size_t bytes) {
  Group writer;
  const std::size_t chunk = pick_size(random, 1, 5'000);
  writer.go([&stream, bytes, chunk] {
    std::vector<std::byte> out;
    std::error_code ec;
    for (std::size_t sent = 0; sent < bytes && !ec;) {
      out.clear();
      for (std::size_t i = sent; i < bytes && out.size() < chunk; ++i) out.push_back(static_cast<std::byte>(i * 7));
      sent += stream.write_all(out, ec);
    }
  });
  std::size_t received = 0;
  std::error_code ec;
  std::array<std::byte, 3000> in;
  while (received < bytes) {
    const std::size_t count = stream.read_some(std::span(in).first(pick_size(random, 1, 3000)), ec);
    if (ec) break;
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(in[i], static_cast<std::byte>((received + i) * 7));
    received += count;
  }
  if (received < bytes) stream.close();  // the writer must not wait for ever
  writer.wait();
  return received;
}

// Some are cut off in the middle: by close() from elsewhere, or by a deadline.
void visit(const std::string& address, Random random) {
  TcpStream stream = TcpStream::connect(address);
  const std::size_t bytes = pick_size(random, 0, 40'000);
  switch (pick(random, 0, 3)) {
    case 0: {
      auto closer = spawn([&stream, wait = pick(random, 0, 200)] {
        sleep_for(microseconds(wait));
        stream.close();
      });
      converse(stream, random, bytes);
      closer.join();
      break;
    }
    case 1:
      stream.set_deadline(std::chrono::steady_clock::now() + microseconds(pick(random, -10, 300)));
      converse(stream, random, bytes);
      break;
    default:
      EXPECT_EQ(converse(stream, random, bytes), bytes);
  }
}

TEST(NetStress, EveryByteArrivesAndNobodyWaitsForEver) {
  watched_rounds([](Random& random) {
    const int before = open_sockets();
    {
      TcpListener listener = TcpListener::listen("127.0.0.1:0");
      const std::string address = listener.local_endpoint().to_string();
      Group acceptors, visitors;
      for (int i = pick(random, 1, 3); i > 0; --i) {
        acceptors.go([&] {
          std::error_code ec;
          while (true) {
            TcpStream stream = listener.accept({}, ec);
            if (ec == errc::closed) return;
            ASSERT_FALSE(ec) << ec.message();
            acceptors.go([stream = std::move(stream)]() mutable { echo(std::move(stream)); });
          }
        });
      }
      for (int i = pick(random, 1, 12); i > 0; --i)
        visitors.go([&address, seed = Random(random())] { visit(address, seed); });
      std::vector<std::thread> threads;
      for (int i = pick(random, 0, 2); i > 0; --i)
        threads.emplace_back([&address, seed = Random(random())] { visit(address, seed); });
      visitors.wait();
      for (std::thread& thread : threads) thread.join();
      listener.close();
      acceptors.wait();
    }
    EXPECT_EQ(open_sockets(), before);
    EXPECT_EQ(sched::poll_waiters(), 0);
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
