#include "weft/net/tcp.h"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "net/net_test_support.h"
#include "weft/runtime.h"
#include "weft/sync.h"

namespace weft::net {
namespace {

using namespace std::chrono_literals;

static_assert(Writable<std::array<char, 4>&> && Writable<std::span<std::byte>> && Writable<std::vector<std::string>&>);
static_assert(!Writable<std::string_view> && !Writable<const std::string&> &&
              !Writable<std::vector<std::string_view>&>);
static_assert(Readable<std::string_view> && Readable<std::vector<std::string_view>> && !Readable<std::vector<int>>);

TEST(Tcp, CarriesBytesBothWays) {
  run([] {
    Pair pair;
    pair.client.write_all("hello");
    EXPECT_EQ(read_text(pair.server, 5), "hello");
    pair.server.write_all("and back");
    EXPECT_EQ(read_text(pair.client, 8), "and back");
    EXPECT_EQ(pair.client.local_endpoint(), pair.server.remote_endpoint());
    EXPECT_EQ(pair.server.local_endpoint(), pair.client.remote_endpoint());
  });
}

// The descriptor of the stream with these ends; -1: none.
int descriptor_of(const TcpStream& stream) {
  const auto is_at = [](int (*name_of)(int, sockaddr*, socklen_t*) noexcept, int fd, const Endpoint& end) {
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    return name_of(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0 && size == end.size() &&
           std::memcmp(&name, end.data(), size) == 0;
  };
  for (int fd = 0; fd < 1024; ++fd) {
    if (is_at(&::getsockname, fd, stream.local_endpoint()) && is_at(&::getpeername, fd, stream.remote_endpoint()))
      return fd;
  }
  return -1;
}

// Those accepted have it from the listener.
TEST(Tcp, BothSidesSendAtOnceAndLookForAPeerThatVanished) {
  run([] {
    Pair pair;
    for (const TcpStream* stream : {&pair.client, &pair.server}) {
      const int fd = descriptor_of(*stream);
      ASSERT_GE(fd, 0);
      const auto option = [fd](int level, int name) {
        int value = 0;
        socklen_t size = sizeof value;
        EXPECT_EQ(::getsockopt(fd, level, name, &value, &size), 0);
        return value;
      };
      EXPECT_NE(option(IPPROTO_TCP, TCP_NODELAY), 0);
      EXPECT_NE(option(SOL_SOCKET, SO_KEEPALIVE), 0);
      EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPIDLE), 15);
      EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPINTVL), 15);
      EXPECT_EQ(option(IPPROTO_TCP, TCP_KEEPCNT), 9);
    }
  });
}

TEST(Tcp, TellsTheEndOfTheStream) {
  run([] {
    Pair pair;
    pair.client.write_all("last");
    std::error_code ec;
    pair.client.shutdown_write(ec);
    EXPECT_FALSE(ec);
    EXPECT_EQ(read_text(pair.server, 4), "last");
    char byte;
    EXPECT_EQ(pair.server.read_some(std::span(&byte, 1), ec), 0u);
    EXPECT_EQ(ec, errc::end_of_stream);
    EXPECT_THROW(pair.server.read_some(std::span(&byte, 1)), std::system_error);
    pair.server.write_all("the other side still listens");
    EXPECT_EQ(read_text(pair.client, 3), "the");
  });
}

TEST(Tcp, MoreThanTheKernelBuffersGoesThrough) {
  run([] {
    Pair pair;
    const std::string sent(8 << 20, 'x');
    auto writer = spawn([&] { pair.client.write_all(sent); });
    EXPECT_EQ(read_text(pair.server, sent.size()), sent);
    writer.join();
  });
}

TEST(Tcp, ScattersAndGathers) {
  run([] {
    Pair pair;
    const std::vector<std::string> parts{"one", "", "two", "three"};
    EXPECT_EQ(pair.client.write_some(parts), 11u);
    std::string a(4, '\0'), b(7, '\0');
    std::vector<std::span<char>> into{a, b};
    EXPECT_EQ(pair.server.read_some(into), 11u);
    EXPECT_EQ(a + b, "onetwothree");
    EXPECT_EQ(pair.client.write_some(std::string()), 0u);
  });
}

TEST(Tcp, CloseWakesAReader) {
  run([] {
    Pair pair;
    Task<std::error_code> reader = waiting_reader(pair.server);
    pair.server.close();
    EXPECT_EQ(reader.join(), errc::closed);
    EXPECT_FALSE(pair.server.is_open());
    std::error_code ec;
    EXPECT_EQ(pair.server.write_some(std::string_view("x"), ec), 0u);
    EXPECT_EQ(ec, errc::closed);
    pair.server.close();
  });
}

TEST(Tcp, CloseWakesAWriter) {
  run([] {
    Pair pair;
    auto writer = spawn([&] {
      std::error_code ec;
      const std::string much(64 << 20, 'x');
      pair.server.write_all(bytes(much), ec);
      return ec;
    });
    until_waiting(1);
    pair.server.close();
    EXPECT_EQ(writer.join(), errc::closed);
  });
}

TEST(Tcp, CloseWakesAllWhoAccept) {
  run([] {
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    std::vector<Task<std::error_code>> acceptors;
    for (int i = 0; i < 10; ++i) {
      acceptors.push_back(spawn([&] {
        std::error_code ec;
        listener.accept({}, ec);
        return ec;
      }));
    }
    until_waiting(10);
    listener.close();
    for (auto& acceptor : acceptors) EXPECT_EQ(acceptor.join(), errc::closed);
  });
}

TEST(Tcp, ManyMayAcceptAtOnce) {
  run([] {
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    constexpr int kConnections = 200;
    std::atomic<int> accepted{0};
    Group acceptors;
    for (int i = 0; i < 8; ++i) {
      acceptors.go([&] {
        std::error_code ec;
        while (true) {
          TcpStream stream = listener.accept({}, ec);
          if (ec) return;
          ++accepted;
          echo(std::move(stream));
        }
      });
    }
    const std::string address = listener.local_endpoint().to_string();
    Group clients;
    for (int i = 0; i < kConnections; ++i) {
      clients.go([&] {
        TcpStream stream = TcpStream::connect(address);
        stream.write_all("ping");
        EXPECT_EQ(read_text(stream, 4), "ping");
      });
    }
    clients.wait();
    listener.close();
    acceptors.wait();
    EXPECT_EQ(accepted, kConnections);
  });
}

TEST(Tcp, ADeadlineEndsWhatWaitsAndWhatComes) {
  run([] {
    Pair pair;
    char byte;
    std::error_code ec;
    pair.server.set_read_deadline(std::chrono::steady_clock::now() + 2ms);
    pair.server.read_some(std::span(&byte, 1), ec);
    EXPECT_EQ(ec, errc::deadline_exceeded);
    EXPECT_EQ(ec, std::errc::timed_out);
    pair.client.write_all("x");
    pair.server.read_some(std::span(&byte, 1), ec);
    EXPECT_EQ(ec, errc::deadline_exceeded) << "until another is set";
    pair.server.write_all("writes have their own");
    pair.server.set_read_deadline(std::chrono::steady_clock::time_point::max());
    EXPECT_EQ(pair.server.read_some(std::span(&byte, 1), ec), 1u);
  });
}

TEST(Tcp, ADeadlineInThePastWakesAReader) {
  run([] {
    Pair pair;
    Task<std::error_code> reader = waiting_reader(pair.server);
    pair.server.set_deadline(std::chrono::steady_clock::time_point::min());
    EXPECT_EQ(reader.join(), errc::deadline_exceeded);
  });
}

TEST(Tcp, AContextEndsAccept) {
  run([] {
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    const CancelContext cancelled = with_cancel({});
    auto acceptor = spawn([&] {
      std::error_code ec;
      listener.accept(cancelled.context, ec);
      return ec;
    });
    until_waiting(1);
    cancelled.cancel();
    EXPECT_EQ(acceptor.join(), errc::cancelled);
    std::error_code ec;
    listener.accept(with_timeout({}, 1ms), ec);
    EXPECT_EQ(ec, errc::deadline_exceeded);
    auto next = spawn([&] { return listener.accept(); });
    TcpStream client = TcpStream::connect(listener.local_endpoint().to_string());
    EXPECT_TRUE(next.join().is_open()) << "the listener itself goes on";
  });
}

TEST(Tcp, ConnectSaysWhyItFailed) {
  run([] {
    std::string address;
    {
      const TcpListener gone = TcpListener::listen("127.0.0.1:0");
      address = gone.local_endpoint().to_string();
    }
    std::error_code ec;
    TcpStream::connect(address, {}, ec);
    EXPECT_EQ(ec, std::errc::connection_refused);
    TcpStream::connect("no port", {}, ec);
    EXPECT_EQ(ec, std::errc::invalid_argument);
    TcpStream::connect("name.invalid:80", {}, ec);
    EXPECT_STREQ(ec.category().name(), "resolver");
    TcpStream::connect(address, with_timeout({}, 0s), ec);
    EXPECT_EQ(ec, errc::deadline_exceeded);
    EXPECT_THROW(TcpStream::connect(address), std::system_error);
  });
}

TEST(Tcp, ListenSaysWhyItFailed) {
  run([] {
    const TcpListener taken = TcpListener::listen("127.0.0.1:0");
    std::error_code ec;
    TcpListener::listen(taken.local_endpoint().to_string(), ec);
    EXPECT_EQ(ec, std::errc::address_in_use);
    TcpListener::listen("127.0.0.1:70000", ec);
    EXPECT_TRUE(ec);
    TcpListener::listen("", ec);
    EXPECT_EQ(ec, std::errc::invalid_argument);
  });
}

TEST(Tcp, ListensOnEveryAddressAndByName) {
  run([] {
    TcpListener every = TcpListener::listen(":0");
    auto accepted = spawn([&] { return every.accept(); });
    TcpStream client = TcpStream::connect("localhost:" + std::to_string(every.local_endpoint().port()));
    EXPECT_TRUE(accepted.join().is_open());
  });
}

// A read stops before the out-of-band byte: what follows it must not wait for another packet.
TEST(Tcp, AnOutOfBandByteHidesNothing) {
  TcpListener listener = TcpListener::listen("127.0.0.1:0");
  const Endpoint address = listener.local_endpoint();
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::connect(client, address.data(), address.size()), 0);
  ASSERT_EQ(::send(client, "before", 6, 0), 6);
  ASSERT_EQ(::send(client, "!", 1, MSG_OOB), 1);
  ASSERT_EQ(::send(client, "after", 5, 0), 5);
  run([&] {
    TcpStream stream = listener.accept();
    EXPECT_EQ(read_text(stream, 6), "before");
    std::array<char, 100> buffer;
    EXPECT_EQ(std::string_view(buffer.data(), stream.read_some(buffer)), "after");
  });
  ::close(client);
}

TEST(Tcp, AShortReadDoesNotHideTheEnd) {
  run([] {
    Pair pair;
    pair.client.write_all("last");
    pair.client.close();
    std::array<char, 100> buffer;
    std::error_code ec;
    EXPECT_EQ(pair.server.read_some(buffer, ec), 4u);
    EXPECT_EQ(pair.server.read_some(buffer, ec), 0u);
    EXPECT_EQ(ec, errc::end_of_stream);
    EXPECT_EQ(pair.server.read_some(buffer, ec), 0u);
    EXPECT_EQ(ec, errc::end_of_stream) << "again";
  });
}

TEST(Tcp, AddressesAreToldWhateverTheStreamWaitsFor) {
  run([] {
    Pair pair;
    const std::string address = pair.server.local_endpoint().to_string();
    pair.client.write_all("less than there is room for");
    std::array<char, 100> buffer;
    pair.server.read_some(buffer);
    EXPECT_EQ(pair.server.local_endpoint().to_string(), address) << "nothing is left to read";
    pair.server.set_deadline(std::chrono::steady_clock::time_point::min());
    EXPECT_EQ(pair.server.local_endpoint().to_string(), address) << "the deadline has passed";
  });
}

TEST(Tcp, AResetIsAnError) {
  run([] {
    Pair pair;
    pair.client.write_all("unread");
    read_text(pair.server, 1);
    pair.server.close();  // with unread bytes: the peer is reset
    std::error_code ec;
    char byte;
    pair.client.read_some(std::span(&byte, 1), ec);
    EXPECT_EQ(ec, std::errc::connection_reset);
  });
}

TEST(Tcp, AcceptOutOfDescriptorsIsAnErrorAndNoEnd) {
  run([] {
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    TcpStream client = TcpStream::connect(listener.local_endpoint().to_string());
    rlimit before;
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const int next = ::dup(STDERR_FILENO);
    ::close(next);
    const rlimit none_left{static_cast<rlim_t>(next), before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none_left), 0);
    std::error_code ec;
    for (int i = 0; i < 3; ++i) {
      EXPECT_FALSE(listener.accept({}, ec).is_open());
      EXPECT_EQ(ec, std::errc::too_many_files_open);
    }
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(listener.accept({}, ec).is_open()) << "it stayed in the queue: " << ec.message();
  });
}

TEST(Tcp, PlainThreadsTalkToGoroutines) {
  TcpListener listener = TcpListener::listen("127.0.0.1:0");
  std::thread client([address = listener.local_endpoint().to_string()] {
    TcpStream stream = TcpStream::connect(address);
    stream.write_all("from a thread");
    EXPECT_EQ(read_text(stream, 13), "from a thread");
  });
  run([&] { echo(listener.accept()); });
  client.join();
}

TEST(Tcp, AnsweredWhileAllProcessorsSpin) {
  set_max_procs(2);
  run([] {
    Pair pair;
    std::atomic<bool> stop{false};
    Group spinners;
    for (int i = 0; i < 2; ++i) {
      spinners.go([&] {
        while (!stop.load(std::memory_order_relaxed)) {
        }
      });
    }
    auto server = spawn([&] { echo(std::move(pair.server)); });
    for (int i = 0; i < 20; ++i) {
      pair.client.write_all("ping");
      EXPECT_EQ(read_text(pair.client, 4), "ping");
    }
    stop = true;
    pair.client.close();
    server.join();
    spinners.wait();
  });
}

TEST(Tcp, NobodyWhoWaitsForTheNetworkIsDeadlocked) {
  run([] {
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    std::thread late([address = listener.local_endpoint().to_string()] {
      const auto begin = std::chrono::steady_clock::now();
      while (std::chrono::steady_clock::now() - begin < 50ms) std::this_thread::yield();
      TcpStream::connect(address);
    });
    late.detach();
    EXPECT_TRUE(listener.accept().is_open());
  });
}

TEST(Tcp, AMovedFromStreamIsMisuse) {
  run([] {
    Pair pair;
    TcpStream other = std::move(pair.client);
    EXPECT_THROW(pair.client.write_some(std::string_view("x")), usage_error);  // NOLINT(bugprone-use-after-move)
    EXPECT_FALSE(TcpStream().is_open());
    other = std::move(pair.server);       // the old connection goes at once
    EXPECT_FALSE(pair.server.is_open());  // NOLINT(bugprone-use-after-move)
    std::error_code ec;
    char byte;
    other.read_some(std::span(&byte, 1), ec);
    EXPECT_EQ(ec, errc::end_of_stream);
  });
}

}  // namespace
}  // namespace weft::net
