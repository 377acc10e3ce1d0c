// The contract of net.h and os/file.h as a user meets it: buffers of every kind, errors thrown and told, on both sides.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "conformance.h"
#include "weft/context.h"
#include "weft/error.h"
#include "weft/net.h"
#include "weft/os/file.h"

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using weft::net::TcpListener;
using weft::net::TcpStream;
using weft::net::UdpSocket;
using weft::net::UnixListener;
using weft::net::UnixStream;

template <class T>
constexpr bool kMovesOnly = std::is_nothrow_move_constructible_v<T> && std::is_default_constructible_v<T> &&
                            !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;
static_assert(kMovesOnly<TcpListener> && kMovesOnly<TcpStream> && kMovesOnly<UnixListener> && kMovesOnly<UnixStream>);
static_assert(kMovesOnly<UdpSocket> && kMovesOnly<weft::net::tls::Stream> && kMovesOnly<weft::os::File>);

// TLS is not in every build: that its streams are made and used as the others is all that is said here.
template <class Secure>
constexpr bool kIsSecureStream = requires(Secure& s, TcpStream& tcp, const weft::net::tls::Config& config,
                                          const weft::Context& ctx, std::error_code& ec, std::span<char> buffer) {
  { Secure::client(std::move(tcp), config, "host") } -> std::same_as<Secure>;
  { Secure::client(std::move(tcp), config, "host", ctx, ec) } -> std::same_as<Secure>;
  { Secure::server(std::move(tcp), config) } -> std::same_as<Secure>;
  { Secure::server(std::move(tcp), config, ctx, ec) } -> std::same_as<Secure>;
  { Secure::connect("host:443", config, ctx) } -> std::same_as<Secure>;
  { s.read_some(buffer, ec) } -> std::same_as<std::size_t>;
  s.write_all("text");
  s.set_deadline(steady_clock::now());
  s.shutdown_write();
  s.close();
};
static_assert(kIsSecureStream<weft::net::tls::Stream>);

class ApiNetConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ApiNetConformance);

// Two ends of a connection.
struct Pair {
  Pair() {
    auto listener = TcpListener::listen("127.0.0.1:0");
    client = TcpStream::connect(listener.local_endpoint());
    server = listener.accept();
  }
  TcpStream client, server;
};

TEST_P(ApiNetConformance, ListenAcceptAndConnectInEveryForm) {
  perform([] {
    auto listener = TcpListener::listen("127.0.0.1:0");
    std::error_code ec = weft::errc::closed;
    const weft::Context ctx;
    const weft::net::Endpoint endpoint = listener.local_endpoint();
    const std::string address = endpoint.to_string();
    std::vector<TcpStream> clients;
    clients.push_back(TcpStream::connect(address));
    clients.push_back(TcpStream::connect(address, ctx));
    clients.push_back(TcpStream::connect(address, ctx, ec));
    clients.push_back(TcpStream::connect(endpoint));
    clients.push_back(TcpStream::connect(endpoint, ctx));
    clients.push_back(TcpStream::connect(endpoint, {}, ec));
    clients.push_back(TcpStream::connect("localhost:" + std::to_string(endpoint.port()), ctx));
    EXPECT_FALSE(ec) << "it is cleared";
    EXPECT_TRUE(listener.accept().is_open() && listener.accept(ctx).is_open() && listener.accept(ctx, ec).is_open());
    EXPECT_TRUE(listener.try_accept().is_open() && listener.try_accept(ec).is_open());
    EXPECT_TRUE(listener.accept({}, ec).is_open() && listener.accept(weft::with_timeout(ctx, 1h), ec).is_open());
    EXPECT_FALSE(listener.try_accept(ec).is_open());
    EXPECT_EQ(ec, std::errc::operation_would_block);
    EXPECT_THROW(listener.accept(weft::with_timeout(ctx, 1ms)), std::system_error);
    listener.set_deadline(steady_clock::now() - 1s);
    listener.accept(ctx, ec);
    EXPECT_EQ(ec, weft::errc::deadline_exceeded);
    listener.close();
    EXPECT_FALSE(listener.is_open());
    listener.accept(ctx, ec);
    EXPECT_EQ(ec, weft::errc::closed);
    TcpStream::connect(address, ctx, ec);
    EXPECT_EQ(ec, std::errc::connection_refused);
    EXPECT_EQ(ec.category(), std::generic_category());
  });
}

TEST_P(ApiNetConformance, BuffersOfEveryKind) {
  perform([] {
    Pair pair;
    std::error_code ec = weft::errc::closed;
    std::string text = "text";
    const std::vector<char> chars{'a', 'b'};
    const std::array<std::byte, 2> raw{std::byte{'c'}, std::byte{'d'}};
    EXPECT_EQ(pair.client.write_some(text) + pair.client.write_some(chars, ec), 6U);
    EXPECT_EQ(pair.client.write_some(std::span(raw)) + pair.client.write_some(std::string_view("ef"), ec), 4U);
    EXPECT_EQ(pair.client.write_some(std::vector<std::string_view>{"g", "", "h"}), 2U);
    EXPECT_EQ(pair.client.write_some(std::array{std::span<const char>(chars), std::span<const char>(chars)}, ec), 4U);
    pair.client.write_all("ij");
    pair.client.write_all(text);
    pair.client.write_all(std::as_bytes(std::span(chars)));
    EXPECT_EQ(pair.client.write_all(chars, ec) + pair.client.write_all("kl", ec), 4U);
    EXPECT_FALSE(ec) << "it is cleared";
    std::string all(28 - 8, '\0');
    pair.server.read_full(all);
    EXPECT_EQ(all, "textabcdefghababijte");
    std::array<char, 2> array;
    std::vector<std::byte> bytes(2);
    EXPECT_EQ(pair.server.read_some(array) + pair.server.read_some(std::span(bytes), ec), 4U);
    EXPECT_EQ(
        pair.server.read_full(std::span(bytes).first(1), ec) + pair.server.read_full(std::span(array).first(1), ec),
        2U);
    std::string a(1, '\0'), b(1, '\0');
    EXPECT_EQ(pair.server.read_some(std::vector<std::span<char>>{a}, ec), 1U);
    EXPECT_EQ(pair.server.read_some(std::array<std::span<char>, 2>{b, {}}), 1U);
    EXPECT_EQ(a + b, "kl");
    EXPECT_EQ(pair.server.read_some(std::span<char>(), ec) + pair.client.write_some(std::string(), ec), 0U);
    EXPECT_FALSE(ec) << "no bytes are no end";
  });
}

TEST_P(ApiNetConformance, EndsAndErrorsAreToldOrThrown) {
  perform([] {
    Pair pair;
    char byte;
    const std::span<char> one(&byte, 1);
    std::error_code ec;
    const auto thrown_by = [](auto call) {
      try {
        call();
      } catch (const std::system_error& error) {
        return error.code();
      }
      return std::error_code();
    };
    pair.client.write_all("x");
    pair.client.shutdown_write();
    pair.client.shutdown_write(ec);
    std::array<char, 2> two;
    EXPECT_EQ(pair.server.read_full(two, ec), 1U) << "as much as there was";
    EXPECT_EQ(ec, weft::errc::end_of_stream);
    EXPECT_EQ(thrown_by([&] { pair.server.read_some(one); }), weft::errc::end_of_stream);
    EXPECT_EQ(thrown_by([&] { pair.server.read_full(two); }), weft::errc::end_of_stream);
    pair.client.set_read_deadline(steady_clock::now() - 1s);
    EXPECT_EQ(thrown_by([&] { pair.client.read_some(one); }), weft::errc::deadline_exceeded);
    pair.client.set_deadline(steady_clock::time_point::max());
    pair.server.write_all("y");
    pair.client.read_full(one);
    pair.server.set_write_deadline(steady_clock::time_point::min());
    EXPECT_EQ(pair.server.write_all("z", ec), 0U);
    EXPECT_EQ(ec, weft::errc::deadline_exceeded);
    pair.server.close();
    pair.server.close();
    EXPECT_EQ(thrown_by([&] { pair.server.write_all("z"); }), weft::errc::closed);
    TcpStream moved = std::move(pair.client);
    EXPECT_THROW(pair.client.read_some(one, ec), weft::usage_error);  // NOLINT(bugprone-use-after-move)
  });
}

TEST_P(ApiNetConformance, CloseWakesWhoReads) {
  perform([] {
    Pair pair;
    std::error_code ec;
    {
      conformance::Crew crew(side());
      crew.go([&] {
        char byte;
        pair.server.read_some(std::span(&byte, 1), ec);
      });
      conformance::settle();
      pair.server.close();
    }
    EXPECT_EQ(ec, weft::errc::closed);
  });
}

TEST_P(ApiNetConformance, DatagramsAndUnixStreams) {
  perform([] {
    UdpSocket server = UdpSocket::bind("127.0.0.1:0");
    UdpSocket client = UdpSocket::connect(server.local_endpoint().to_string());
    std::error_code ec = weft::errc::closed;
    client.send(std::string_view("to all"), ec);
    EXPECT_FALSE(ec);
    std::array<char, 2> buffer;
    weft::net::Datagram got = server.receive_from(buffer);
    EXPECT_TRUE(got.truncated && got.bytes == 2U && got.from == client.local_endpoint());
    server.send_to(std::string_view("me"), got.from);
    server.send_to(std::string_view(), got.from, ec);
    EXPECT_EQ(client.receive_from(buffer, weft::Context(), ec).bytes, 2U);
    EXPECT_EQ(client.receive_from(buffer, ec).bytes, 0U);
    EXPECT_THROW(client.receive_from(buffer, weft::with_timeout(weft::Context(), 1ms)), std::system_error);
    client.close();
    client.send(std::string_view("late"), ec);
    EXPECT_EQ(ec, weft::errc::closed);

    const std::string name = "@weft-api-contract-" + std::to_string(::getpid());
    UnixListener listener = UnixListener::listen(name);
    EXPECT_EQ(listener.local_address(), name);
    UnixStream a = UnixStream::connect(name, weft::Context(), ec);
    UnixStream b = listener.accept(weft::Context(), ec);
    a.write_all("unix");
    a.close();
    std::string text(5, '\0');
    EXPECT_EQ(b.read_full(text, ec), 4U);
    EXPECT_EQ(ec, weft::errc::end_of_stream);
    listener.close();
    EXPECT_THROW(UnixStream::connect(name), std::system_error);
  });
}

TEST_P(ApiNetConformance, NamesAndEndpoints) {
  perform([] {
    std::error_code ec = weft::errc::closed;
    const std::vector<weft::net::Endpoint> found = weft::net::resolve("localhost", weft::Context());
    EXPECT_FALSE(found.empty());
    EXPECT_EQ(weft::net::resolve("127.0.0.1", weft::Context(), ec).at(0).address(), "127.0.0.1");
    EXPECT_FALSE(ec);
    EXPECT_THROW(weft::net::resolve("name.invalid"), std::system_error);
    const auto endpoint = weft::net::Endpoint::parse("[::1]:80");
    EXPECT_TRUE(endpoint.is_v6() && endpoint.port() == 80 && endpoint.to_string() == "[::1]:80");
    EXPECT_THROW(weft::net::Endpoint::parse("::1"), std::system_error);
    weft::net::Endpoint::parse("1.2.3.4", ec);
    EXPECT_EQ(ec, std::errc::invalid_argument);
  });
}

TEST_P(ApiNetConformance, Files) {
  perform([] {
    const std::string path = testing::TempDir() + "weft_api_contract_" + std::to_string(::getpid());
    weft::os::File file = weft::os::File::create(path);
    file.write("hello");
    std::error_code ec = weft::errc::closed;
    std::array<std::byte, 8> into;
    EXPECT_EQ(file.read_at(1, into) + file.read_at(1, into, ec), 8U);
    file.write_at(0, std::as_bytes(std::span("H", 1)));
    file.sync();
    EXPECT_EQ(file.size(), 5U);
    file.close();
    EXPECT_FALSE(file.is_open());
    EXPECT_EQ(weft::os::File::open(path).read_all(), "Hello");
    ::unlink(path.c_str());
    EXPECT_FALSE(weft::os::File::open(path, O_RDONLY, ec).is_open());
    EXPECT_EQ(ec, std::errc::no_such_file_or_directory);
    EXPECT_THROW(weft::os::File::open(path), std::system_error);
    file.read(into, ec);
    EXPECT_EQ(ec, weft::errc::closed);
  });
}

}  // namespace
