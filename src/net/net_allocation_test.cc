// What waits for the network takes nothing from the heap for it: not for a deadline, a context, or a wait that ends.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "conformance/allocations.h"
#include "net/net_test_support.h"
#include "weft/context.h"

namespace weft::net {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr int kCalls = 2000;

class NetAllocation : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!conformance::kCountsAllocations) GTEST_SKIP() << "the sanitizers bring an allocator of their own";
  }

  // How many allocations `call` makes kCalls times, after as many to warm up.
  template <class Call>
  static long allocations_of(Call&& call) {
    for (int i = 0; i < kCalls; ++i) call(i);
    const long before = conformance::allocations();
    for (int i = kCalls; i < 2 * kCalls; ++i) call(i);
    return conformance::allocations() - before;
  }
};

TEST_F(NetAllocation, ACountIsSeen) {
  std::vector<std::unique_ptr<int>> kept;
  kept.reserve(2 * kCalls);
  EXPECT_EQ(allocations_of([&](int i) { kept.push_back(std::make_unique<int>(i)); }), kCalls);
}

TEST_F(NetAllocation, ReadsAndWritesWithADeadline) {
  run([] {
    Pair pair;
    auto server = spawn([&] { echo(std::move(pair.server)); });
    std::array<char, 4> buffer;
    EXPECT_EQ(allocations_of([&](int) {
                pair.client.set_deadline(steady_clock::now() + 1h);
                pair.client.write_all("ping");
                pair.client.read_full(buffer);
              }),
              0);
    pair.client.close();
    server.join();
  });
}

TEST_F(NetAllocation, ReadsThatADeadlineEnds) {
  run([] {
    Pair pair;
    char byte;
    std::error_code ec;
    EXPECT_EQ(allocations_of([&](int) {
                pair.server.set_read_deadline(steady_clock::now() + 50us);
                pair.server.read_some(std::span(&byte, 1), ec);
                EXPECT_EQ(ec, errc::deadline_exceeded);
              }),
              0);
  });
}

// Two sockets of which one answers what the other asks, until it is closed.
struct Datagrams {
  UdpSocket client = UdpSocket::bind("127.0.0.1:0"), server = UdpSocket::bind("127.0.0.1:0");
  Endpoint server_address = server.local_endpoint();
  Task<void> answering = spawn([this] {
    std::array<char, 16> buffer;
    std::error_code ec;
    while (true) {
      const Datagram question = server.receive_from(buffer, ec);
      if (ec) return;
      server.send_to(std::string_view("pong"), question.from, ec);
    }
  });
  ~Datagrams() {
    server.close();
    answering.join();
  }
};

TEST_F(NetAllocation, ReadsWithAContext) {
  run([] {
    Datagrams pair;
    const CancelContext cancelled = with_cancel({});
    const Context both = with_timeout(cancelled.context, 1h);
    std::array<char, 16> buffer;
    for (const Context& ctx : {Context(), cancelled.context, both}) {
      EXPECT_EQ(allocations_of([&](int) {
                  pair.client.send_to(std::string_view("ping"), pair.server_address);
                  EXPECT_EQ(pair.client.receive_from(buffer, ctx).bytes, 4u);
                }),
                0);
    }
  });
}

// The contexts are made before: what they cost is theirs.
TEST_F(NetAllocation, WaitsThatAContextEnds) {
  run([] {
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    UdpSocket socket = UdpSocket::bind("127.0.0.1:0");
    std::vector<CancelContext> contexts;
    for (int i = 0; i < 2 * kCalls; ++i) contexts.push_back(with_cancel({}));
    auto next = make_chan<int>();
    auto ended = make_chan<void>();
    auto waiter = spawn([&] {
      std::array<char, 16> buffer;
      for (const int i : next) {
        const Context& ctx = contexts[static_cast<std::size_t>(i)].context;
        std::error_code ec;
        if (i % 2 == 0) {
          socket.receive_from(buffer, ctx, ec);
        } else {
          listener.accept(ctx, ec);
        }
        EXPECT_EQ(ec, errc::cancelled);
        ended.send();
      }
    });
    EXPECT_EQ(allocations_of([&](int i) {
                next.send(i);
                until_waiting(1);
                contexts[static_cast<std::size_t>(i)].cancel();
                ended.recv();
              }),
              0);
    next.close();
    waiter.join();
  });
}

}  // namespace
}  // namespace weft::net
