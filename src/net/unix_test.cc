#include "weft/net/unix.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "net/net_test_support.h"
#include "weft/sync.h"
#include "weft/time.h"

namespace weft::net {
namespace {

using namespace std::chrono_literals;

// A folder of its own for the sockets of one test.
class UnixSockets : public testing::Test {
 protected:
  UnixSockets() {
    std::string name = "/tmp/weft-unix-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~UnixSockets() override { std::filesystem::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }
  std::string abstract_name() const { return '@' + folder_.filename().string(); }

 private:
  std::filesystem::path folder_;
};

void converse(const std::string& address) {
  UnixListener listener = UnixListener::listen(address);
  EXPECT_EQ(listener.local_address(), address);
  auto server = spawn([&] {
    UnixStream stream = listener.accept();
    EXPECT_EQ(stream.local_address(), address);
    EXPECT_EQ(stream.remote_address(), "");
    echo(std::move(stream));
  });
  UnixStream client = UnixStream::connect(address);
  EXPECT_EQ(client.remote_address(), address);
  client.write_all("hello");
  EXPECT_EQ(read_text(client, 5), "hello");
  std::error_code ec;
  client.shutdown_write(ec);
  char byte;
  client.read_some(std::span(&byte, 1), ec);
  EXPECT_EQ(ec, errc::end_of_stream);
  server.join();
}

TEST_F(UnixSockets, CarryBytesBothWays) {
  run([&] {
    converse(path("s"));
    converse(abstract_name());
  });
}

TEST_F(UnixSockets, TheFileGoesWithTheListenerThatMadeIt) {
  run([&] {
    const std::string address = path("s");
    UnixListener listener = UnixListener::listen(address);
    EXPECT_TRUE(std::filesystem::exists(address));
    UnixListener owner = std::move(listener);
    listener = UnixListener();
    EXPECT_TRUE(std::filesystem::exists(address)) << "it was moved";
    owner.close();
    EXPECT_FALSE(std::filesystem::exists(address));
    std::ofstream(address) << "another's by now";
    owner.close();
    owner = UnixListener();
    EXPECT_TRUE(std::filesystem::exists(address)) << "once";
  });
}

TEST_F(UnixSockets, AFileThatIsThereIsNotTakenAway) {
  run([&] {
    const std::string address = path("s");
    UnixListener owner = UnixListener::listen(address);
    std::error_code ec;
    EXPECT_FALSE(UnixListener::listen(address, ec).is_open());
    EXPECT_EQ(ec, std::errc::address_in_use);
    EXPECT_TRUE(std::filesystem::exists(address));
    auto accepted = spawn([&] { return owner.accept(); });
    EXPECT_TRUE(UnixStream::connect(address).is_open());
    accepted.join();
  });
}

TEST_F(UnixSockets, SayWhyTheyFailed) {
  run([&] {
    std::error_code ec;
    UnixStream::connect(path("nobody"), {}, ec);
    EXPECT_EQ(ec, std::errc::no_such_file_or_directory);
    UnixStream::connect(abstract_name(), {}, ec);
    EXPECT_EQ(ec, std::errc::connection_refused);
    UnixListener::listen(std::string(108, 'x'), ec);
    EXPECT_EQ(ec, std::errc::filename_too_long);
    UnixListener::listen("", ec);
    EXPECT_EQ(ec, std::errc::invalid_argument);
    UnixListener::listen(path("cut") + '\0' + "off", ec);
    EXPECT_EQ(ec, std::errc::invalid_argument);
    EXPECT_THROW(UnixStream::connect(path("nobody")), std::system_error);
    EXPECT_THROW(UnixListener::listen(path("no/folder")), std::system_error);
    EXPECT_THROW(UnixListener().accept(), usage_error);
  });
}

TEST_F(UnixSockets, CloseAndDeadlinesWakeWhoWaits) {
  run([&] {
    UnixListener listener = UnixListener::listen(path("s"));
    auto acceptor = spawn([&] {
      std::error_code ec;
      listener.accept({}, ec);
      return ec;
    });
    until_waiting(1);
    listener.close();
    EXPECT_EQ(acceptor.join(), errc::closed);

    listener = UnixListener::listen(path("s"));
    UnixStream client = UnixStream::connect(path("s"));
    UnixStream server = listener.accept();
    auto reader = waiting_reader(server);
    server.set_deadline(std::chrono::steady_clock::time_point::min());
    EXPECT_EQ(reader.join(), errc::deadline_exceeded);
    std::error_code ec;
    listener.accept(with_timeout({}, 1ms), ec);
    EXPECT_EQ(ec, errc::deadline_exceeded);
  });
}

// The kernel says EAGAIN to who connects to a full queue, and never tells that it has emptied.
TEST_F(UnixSockets, AFullQueueIsWaitedFor) {
  const std::string address = path("s");
  sockaddr_un here{};
  here.sun_family = AF_UNIX;
  address.copy(here.sun_path, sizeof here.sun_path - 1);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&here), sizeof here), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  run([&] {
    std::vector<UnixStream> queued;
    std::error_code ec;
    while (!ec) queued.push_back(UnixStream::connect(address, with_timeout({}, 20ms), ec));
    EXPECT_EQ(ec, errc::deadline_exceeded);
    auto waiting = spawn([&] { return UnixStream::connect(address); });
    yield();
    ::close(::accept(listener, nullptr, nullptr));
    EXPECT_TRUE(waiting.join().is_open());
  });
  ::close(listener);
}

}  // namespace
}  // namespace weft::net
