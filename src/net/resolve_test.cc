#include "weft/net/resolve.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "net/connect_first.h"
#include "net/lookup.h"
#include "net/net_test_support.h"
#include "weft/sync.h"

namespace weft::net {
namespace {

using namespace std::chrono_literals;

Answer loopback() { return {{Endpoint::parse("127.0.0.1:0")}, {}}; }

// Name servers that answer when they are told to.
class Resolver : public testing::Test {
 protected:
  Resolver() {
    set_lookup_for_testing([this](const Query& query) {
      const int busy = ++busy_;
      for (int most = most_; most < busy && !most_.compare_exchange_weak(most, busy);) {
      }
      ++asked_;  // last: whoever has seen it finds the rest counted
      while (!answers_) std::this_thread::sleep_for(100us);
      --busy_;
      return query.host == "unknown" ? Answer{{}, std::make_error_code(std::errc::host_unreachable)} : loopback();
    });
  }
  // Only when all lookups have ended does nobody look at the function any more.
  ~Resolver() override {
    answers_ = true;
    while (busy_ != 0) std::this_thread::yield();
    set_lookup_for_testing({});
  }

  void until_asked(int count) {
    while (asked_ < count) yield();
  }

  std::atomic<bool> answers_{false};
  std::atomic<int> asked_{0}, busy_{0}, most_{0};
};

TEST(Resolve, KnowsAddressesAndLocalhost) {
  run([] {
    EXPECT_EQ(resolve("127.0.0.1").front().to_string(), "127.0.0.1:0");
    EXPECT_EQ(resolve("::1").front().to_string(), "[::1]:0");
    const std::vector<Endpoint> local = resolve("localhost");
    EXPECT_TRUE(std::ranges::all_of(
        local, [](const Endpoint& e) { return e.address() == "127.0.0.1" || e.address() == "::1"; }));
    EXPECT_FALSE(local.empty());
    std::error_code ec;
    EXPECT_TRUE(resolve("name.invalid", {}, ec).empty());
    EXPECT_STREQ(ec.category().name(), "resolver");
    EXPECT_THROW(resolve("name.invalid"), std::system_error);
    TcpListener::listen("localhost:http-no-such-service", ec);
    EXPECT_STREQ(ec.category().name(), "resolver");
  });
}

TEST(Resolve, RefusesWhatIsNoAddress) {
  run([] {
    const std::string zero(1, '\0');
    for (const std::string& address :
         {std::string("::1:80"), std::string("[]:80"), std::string("localhost:+0"), std::string("localhost:-1"),
          std::string("localhost:65536"), "localhost" + zero + ".example:80", "localhost:http" + zero}) {
      std::error_code ec;
      TcpStream::connect(address, {}, ec);
      EXPECT_EQ(ec, std::errc::invalid_argument) << address;
    }
    EXPECT_TRUE(TcpListener::listen("[localhost]:0").local_endpoint().port() != 0) << "brackets are no harm";
    std::error_code ec;
    resolve("localhost" + zero + "example", {}, ec);
    EXPECT_EQ(ec, std::errc::invalid_argument);
    const CancelContext ended = with_cancel({});
    ended.cancel();
    EXPECT_TRUE(resolve("127.0.0.1", ended.context, ec).empty());
    EXPECT_EQ(ec, errc::cancelled) << "nor is there anything to look up";
  });
}

TEST_F(Resolver, ThoseWhoWantTheSameNameShareOneLookup) {
  run([&] {
    Group callers;
    std::atomic<int> begun{0};
    for (int i = 0; i < 50; ++i) {
      callers.go([&] {
        ++begun;
        EXPECT_EQ(resolve("server.example").size(), 1u);
      });
    }
    until_asked(1);
    while (begun < 50) yield();
    answers_ = true;
    callers.wait();
    const int shared = asked_;
    EXPECT_LT(shared, 50);
    resolve("server.example");
    EXPECT_EQ(asked_, shared + 1) << "nothing is kept";
  });
}

TEST_F(Resolver, ADeadNameServerHoldsFewThreadsAndNobodyBeyondHisContext) {
  run([&] {
    const CancelContext impatient = with_cancel({});
    Group callers;
    std::atomic<int> cancelled{0};
    for (int i = 0; i < 100; ++i) {
      callers.go([&, i] {
        std::error_code ec;
        resolve("host-" + std::to_string(i), impatient.context, ec);
        cancelled += ec == errc::cancelled ? 1 : 0;
      });
    }
    until_asked(kMostLookups);
    impatient.cancel();
    callers.wait();
    EXPECT_EQ(cancelled, 100);
    EXPECT_EQ(busy_, kMostLookups) << "the threads still ask";
    std::error_code ec;
    TcpStream::connect("one-more:80", with_timeout({}, 1ms), ec);
    EXPECT_EQ(ec, errc::deadline_exceeded);
    answers_ = true;
    EXPECT_EQ(resolve("another").size(), 1u);
    EXPECT_EQ(most_, kMostLookups);
    EXPECT_LT(asked_, 100) << "whom nobody waits for any more is not asked for";
  });
}

TEST_F(Resolver, ErrorsArePassedOn) {
  run([&] {
    answers_ = true;
    std::error_code ec;
    EXPECT_FALSE(TcpStream::connect("unknown:80", {}, ec).is_open());
    EXPECT_EQ(ec, std::errc::host_unreachable);
    EXPECT_FALSE(UdpSocket::connect("unknown:80", {}, ec).is_open());
    EXPECT_EQ(ec, std::errc::host_unreachable);
    EXPECT_EQ(resolve("known", with_timeout({}, 0s), ec).size(), 0u);
    EXPECT_EQ(ec, errc::deadline_exceeded);
  });
}

TEST_F(Resolver, PlainThreadsResolveToo) {
  std::thread thread([&] { EXPECT_EQ(resolve("server.example").size(), 1u); });
  while (asked_ == 0) std::this_thread::yield();
  answers_ = true;
  thread.join();
}

// The lookup under way is a goroutine's that was paused when run() returned.
TEST_F(Resolver, AThreadThatJoinsALookupAfterRunGetsItsAnswer) {
  run([&] {
    go([] { resolve("server.example"); });
    until_asked(1);
  });
  answers_ = true;
  while (busy_ != 0) std::this_thread::yield();
  std::thread([] { EXPECT_EQ(resolve("server.example").size(), 1u); }).join();
}

TEST(InTurn, TheFamiliesTakeTurnsFromTheFirst) {
  const auto order = [](std::initializer_list<const char*> addresses) {
    std::vector<Endpoint> endpoints;
    for (const char* address : addresses) endpoints.push_back(Endpoint::parse(address));
    std::string all;
    for (const Endpoint& endpoint : in_turn(endpoints)) all += endpoint.to_string() + ' ';
    return all;
  };
  EXPECT_EQ(order({"[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"}),
            "[::1]:1 1.1.1.1:1 [::2]:1 2.2.2.2:1 [::3]:1 ");
  EXPECT_EQ(order({"1.1.1.1:1", "[::1]:1"}), "1.1.1.1:1 [::1]:1 ");
  EXPECT_EQ(order({}), "");
}

// An address that takes no more connections and refuses none: the queue of its listener is full.
class BlackHole {
 public:
  BlackHole() {
    Endpoint any = Endpoint::parse("127.0.0.1:0");
    EXPECT_EQ(::bind(listener_, any.data(), any.size()), 0);
    EXPECT_EQ(::listen(listener_, 0), 0);
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    endpoint_ = Endpoint::from(reinterpret_cast<sockaddr*>(&address), size);
    // A timeout may be that of a machine that was held up; three in a row, each longer, are the queue's.
    for (int in_vain = 0; in_vain < 3;) {
      std::error_code ec;
      queued_.push_back(
          TcpStream::connect(endpoint_, with_timeout({}, std::chrono::milliseconds(20 << (3 * in_vain))), ec));
      in_vain = ec ? in_vain + 1 : 0;
      EXPECT_TRUE(!ec || ec == errc::deadline_exceeded) << ec.message();
    }
  }
  ~BlackHole() { ::close(listener_); }
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Endpoint endpoint_;
  std::vector<TcpStream> queued_;
};

Endpoint refused() { return TcpListener::listen("127.0.0.1:0").local_endpoint(); }

TEST(ConnectFirst, ASilentAddressDelaysAndHindersNobody) {
  run([] {
    const BlackHole silent;
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    std::error_code ec;
    TcpStream stream = connect_first({silent.endpoint(), silent.endpoint(), listener.local_endpoint()}, 5ms, {}, ec);
    EXPECT_FALSE(ec) << ec.message();
    EXPECT_EQ(stream.remote_endpoint(), listener.local_endpoint());
    while (sched::poll_waiters() != 0) yield();  // the others are cancelled
  });
}

TEST(ConnectFirst, ARefusedAddressIsNotWaitedFor) {
  run([] {
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    std::error_code ec;
    TcpStream stream = connect_first({refused(), listener.local_endpoint()}, 1h, {}, ec);
    EXPECT_FALSE(ec) << ec.message();
    EXPECT_EQ(stream.remote_endpoint(), listener.local_endpoint());
  });
}

TEST(ConnectFirst, TheSecondConnectionIsClosed) {
  run([] {
    TcpListener a = TcpListener::listen("127.0.0.1:0"), b = TcpListener::listen("127.0.0.1:0");
    std::error_code ec;
    TcpStream stream = connect_first({a.local_endpoint(), b.local_endpoint()}, 0ms, {}, ec);
    const bool a_won = stream.remote_endpoint() == a.local_endpoint();
    TcpStream other = (a_won ? b : a).accept(with_timeout({}, 50ms), ec);
    if (ec) return;  // it was not begun
    char byte;
    other.read_some(std::span(&byte, 1), ec);
    EXPECT_TRUE(ec == errc::end_of_stream || ec == std::errc::connection_reset) << ec.message();
  });
}

TEST(ConnectFirst, SaysWhyTheFirstFailedOrThatTheContextIsDone) {
  run([] {
    std::error_code ec;
    EXPECT_FALSE(connect_first({refused(), Endpoint::parse("[::1]:1")}, 1h, {}, ec).is_open());
    EXPECT_EQ(ec, std::errc::connection_refused);
    const BlackHole silent;
    const CancelContext cancelled = with_cancel({});
    auto waiting = spawn([&] {
      std::error_code end;
      connect_first({silent.endpoint(), silent.endpoint()}, 1ms, cancelled.context, end);
      return end;
    });
    until_waiting(2);
    cancelled.cancel();
    EXPECT_EQ(waiting.join(), errc::cancelled);
  });
}

TEST(ConnectFirst, ByName) {
  run([] {
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    set_lookup_for_testing([](const Query&) {
      return Answer{{Endpoint::parse("[::1]:0"), Endpoint::parse("127.0.0.2:0"), Endpoint::parse("127.0.0.1:0")}, {}};
    });
    const std::string port = std::to_string(listener.local_endpoint().port());
    TcpStream stream = TcpStream::connect("server.example:" + port);
    EXPECT_EQ(stream.remote_endpoint(), listener.local_endpoint());
    set_lookup_for_testing({});
  });
}

}  // namespace
}  // namespace weft::net
