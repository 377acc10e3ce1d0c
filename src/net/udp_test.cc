#include "weft/net/udp.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "net/net_test_support.h"
#include "weft/sync.h"

namespace weft::net {
namespace {

using namespace std::chrono_literals;

std::string_view text(const std::array<char, 16>& buffer, const Datagram& datagram) {
  return {buffer.data(), datagram.bytes};
}

TEST(Udp, DatagramsKeepTheirBoundsAndTellTheirSender) {
  run([] {
    UdpSocket a = UdpSocket::bind("127.0.0.1:0"), b = UdpSocket::bind("127.0.0.1:0");
    a.send_to(std::string_view("one"), b.local_endpoint());
    a.send_to(std::vector<std::string>{"two", "", "parts"}, b.local_endpoint());
    a.send_to(std::string_view(), b.local_endpoint());
    std::array<char, 16> buffer;
    Datagram got = b.receive_from(buffer);
    EXPECT_EQ(text(buffer, got), "one");
    EXPECT_EQ(got.from, a.local_endpoint());
    EXPECT_FALSE(got.truncated);
    got = b.receive_from(buffer);
    EXPECT_EQ(text(buffer, got), "twoparts");
    got = b.receive_from(buffer);
    EXPECT_EQ(got.bytes, 0u);
    b.send_to(std::string_view("answer"), got.from);
    EXPECT_EQ(text(buffer, a.receive_from(buffer)), "answer");
  });
}

TEST(Udp, TellsOfTruncation) {
  run([] {
    UdpSocket a = UdpSocket::bind("127.0.0.1:0"), b = UdpSocket::bind("127.0.0.1:0");
    a.send_to(std::string(17, 'x'), b.local_endpoint());
    a.send_to(std::string(16, 'y'), b.local_endpoint());
    std::array<char, 16> buffer;
    Datagram got = b.receive_from(buffer);
    EXPECT_TRUE(got.truncated);
    EXPECT_EQ(got.bytes, 16u);
    got = b.receive_from(buffer);
    EXPECT_FALSE(got.truncated) << "the rest of the first is lost";
    EXPECT_EQ(text(buffer, got), std::string(16, 'y'));
  });
}

TEST(Udp, AConnectedSocketHearsItsPeerAlone) {
  run([] {
    UdpSocket server = UdpSocket::bind("127.0.0.1:0"), stranger = UdpSocket::bind("127.0.0.1:0");
    UdpSocket client = UdpSocket::connect(server.local_endpoint().to_string());
    EXPECT_EQ(client.remote_endpoint(), server.local_endpoint());
    stranger.send_to(std::string_view("not for you"), client.local_endpoint());
    client.send(std::string_view("ping"));
    std::array<char, 16> buffer;
    const Datagram got = server.receive_from(buffer);
    EXPECT_EQ(got.from, client.local_endpoint());
    server.send_to(std::string_view("pong"), got.from);
    EXPECT_EQ(text(buffer, client.receive_from(buffer)), "pong");
  });
}

TEST(Udp, NobodyThereIsToldToTheConnected) {
  run([] {
    std::string gone;
    {
      gone = UdpSocket::bind("127.0.0.1:0").local_endpoint().to_string();
    }
    UdpSocket client = UdpSocket::connect(gone);
    client.send(std::string_view("anyone?"));
    std::array<char, 16> buffer;
    std::error_code ec;
    client.receive_from(buffer, ec);
    EXPECT_EQ(ec, std::errc::connection_refused);
  });
}

TEST(Udp, EveryAddressIsOfBothFamilies) {
  run([] {
    UdpSocket every = UdpSocket::bind(":0");
    UdpSocket v4 = UdpSocket::bind("127.0.0.1:0");
    Endpoint there = v4.local_endpoint();
    there.set_port(every.local_endpoint().port());
    v4.send_to(std::string_view("by IPv4"), there);
    std::array<char, 16> buffer;
    EXPECT_EQ(text(buffer, every.receive_from(buffer)), "by IPv4");
    every.send_to(std::string_view("back"), v4.local_endpoint());
    EXPECT_EQ(text(buffer, v4.receive_from(buffer)), "back");
  });
}

// What ends who receives, where nothing comes.
std::error_code end_of_receiving(UdpSocket& socket, const Context& ctx) {
  std::array<char, 16> buffer;
  std::error_code ec;
  while (!ec) socket.receive_from(buffer, ctx, ec);
  return ec;
}

// Who receives until somebody ends it.
Task<std::error_code> receiver(UdpSocket& socket, const Context& ctx = {}) {
  auto task = spawn([&socket, ctx] { return end_of_receiving(socket, ctx); });
  until_waiting(1);
  return task;
}

TEST(Udp, CloseDeadlinesAndContextsWakeWhoReceives) {
  run([] {
    UdpSocket socket = UdpSocket::bind("127.0.0.1:0");
    auto receiving = receiver(socket);
    socket.set_deadline(std::chrono::steady_clock::time_point::min());
    EXPECT_EQ(receiving.join(), errc::deadline_exceeded);
    socket.set_deadline(std::chrono::steady_clock::time_point::max());
    const CancelContext cancelled = with_cancel({});
    receiving = receiver(socket, cancelled.context);
    cancelled.cancel();
    EXPECT_EQ(receiving.join(), errc::cancelled);
    EXPECT_EQ(end_of_receiving(socket, with_timeout({}, 1ms)), errc::deadline_exceeded);
    receiving = receiver(socket);
    socket.close();
    EXPECT_EQ(receiving.join(), errc::closed);
    std::error_code ec;
    socket.send_to(std::string_view("x"), Endpoint::parse("127.0.0.1:9"), ec);
    EXPECT_EQ(ec, errc::closed);
  });
}

TEST(Udp, SaysWhatCannotBeSent) {
  run([] {
    UdpSocket socket = UdpSocket::bind("127.0.0.1:0");
    std::error_code ec;
    socket.send_to(std::string(70'000, 'x'), socket.local_endpoint(), ec);
    EXPECT_EQ(ec, std::errc::message_size);
    socket.send_to(std::vector<std::string>(17, "x"), socket.local_endpoint(), ec);
    EXPECT_EQ(ec, std::errc::message_size) << "not the first sixteen of them";
    socket.send(std::string_view("to whom?"), ec);
    EXPECT_EQ(ec, std::errc::destination_address_required);
    UdpSocket::bind(socket.local_endpoint().to_string(), ec);
    EXPECT_EQ(ec, std::errc::address_in_use);
    EXPECT_THROW(UdpSocket::connect("no port"), std::system_error);
    EXPECT_THROW(UdpSocket().send(std::string_view("x")), usage_error);
  });
}

}  // namespace
}  // namespace weft::net
