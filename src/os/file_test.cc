#include "weft/os/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

#include "weft/error.h"
#include "weft/runtime.h"
#include "weft/sync.h"

namespace weft::os {
namespace {

class Files : public testing::Test {
 protected:
  Files() {
    std::string name = "/tmp/weft-file-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~Files() override { std::filesystem::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }

  static std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }
  static std::string text_at(const File& file, std::uint64_t offset, std::size_t most) {
    std::string text(most, '\0');
    text.resize(file.read_at(offset, std::as_writable_bytes(std::span(text))));
    return text;
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(Files, AreWrittenAndReadBack) {
  File file = File::create(path("f"));
  file.write("hello, ");
  file.write("world");
  file.sync();
  EXPECT_EQ(file.size(), 12u);
  EXPECT_EQ(file.read_all(), "") << "the position is at the end";
  file.close();
  EXPECT_EQ(File::open(path("f")).read_all(), "hello, world");
  File again = File::open(path("f"));
  std::array<std::byte, 5> some;
  EXPECT_EQ(again.read(some), 5u);
  EXPECT_EQ(again.read_all(), ", world");
  EXPECT_EQ(again.read(some), 0u);
  EXPECT_EQ(File::create(path("f")).size(), 0u);
}

TEST_F(Files, AreReadAndWrittenAtAnyPlace) {
  File file = File::create(path("f"));
  file.write_at(1 << 20, bytes("far"));
  file.write_at(0, bytes("near"));
  EXPECT_EQ(file.size(), (1u << 20) + 3);
  EXPECT_EQ(text_at(file, 0, 4), "near");
  EXPECT_EQ(text_at(file, 1 << 20, 100), "far") << "as much as there is";
  EXPECT_EQ(text_at(file, 2 << 20, 100), "");
  EXPECT_EQ(file.read_all().size(), file.size()) << "the position has stayed";
}

TEST_F(Files, LargerThanOneRead) {
  const std::string much(3'000'000, 'x');
  File::create(path("f")).write(much);
  EXPECT_EQ(File::open(path("f")).read_all(), much);
}

TEST_F(Files, SayWhyTheyFailed) {
  std::error_code ec;
  EXPECT_FALSE(File::open(path("none"), O_RDONLY, ec).is_open());
  EXPECT_EQ(ec, std::errc::no_such_file_or_directory);
  EXPECT_THROW(File::open(path("none")), std::system_error);
  File::create(path("f"));
  File::open(path("f"), O_CREAT | O_EXCL, ec);
  EXPECT_EQ(ec, std::errc::file_exists);
  File file = File::open(path("f"));
  EXPECT_EQ(file.write(bytes("x"), ec), 0u);
  EXPECT_EQ(ec, std::errc::bad_file_descriptor);
  file.close(ec);
  EXPECT_FALSE(ec);
  file.close(ec);
  EXPECT_EQ(ec, errc::closed);
  file.sync(ec);
  EXPECT_EQ(ec, errc::closed);
  EXPECT_THROW(File().read_all(), std::system_error);
}

// A zero byte ends a name for the kernel: the rest would be dropped without a word.
TEST_F(Files, ANameWithAZeroByteIsNone) {
  std::error_code ec;
  EXPECT_FALSE(File::create(path("cut") + '\0' + "off", ec).is_open());
  EXPECT_EQ(ec, std::errc::invalid_argument);
  EXPECT_FALSE(std::filesystem::exists(path("cut")));
}

TEST_F(Files, WhatIsNotOpenSaysSoEvenWhereThereIsNothingToDo) {
  File file;
  std::error_code ec;
  EXPECT_EQ(file.write(bytes(""), ec), 0u);
  EXPECT_EQ(ec, errc::closed);
  file.write_at(0, bytes(""), ec);
  EXPECT_EQ(ec, errc::closed);
  file.read_at(0, {}, ec);
  EXPECT_EQ(ec, errc::closed);
}

TEST_F(Files, APipeWithoutAReaderIsAnErrorAndNoSignal) {
  const auto write_to_nobody = [] {
    std::array<int, 2> ends;
    ASSERT_EQ(::pipe(ends.data()), 0);
    ::close(ends[0]);
    File pipe(ends[1]);
    std::error_code ec;
    EXPECT_EQ(pipe.write(bytes("x"), ec), 0u);
    EXPECT_EQ(ec, std::errc::broken_pipe);
    File moved = std::move(pipe);
    EXPECT_THROW(moved.write("x"), std::system_error);
    sigset_t pending, blocked;
    ::sigpending(&pending);
    ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
    EXPECT_FALSE(::sigismember(&pending, SIGPIPE));
    EXPECT_FALSE(::sigismember(&blocked, SIGPIPE));
  };
  write_to_nobody();
  run(write_to_nobody);
}

// The kernel has taken a part by then: the write succeeds, and the signal comes all the same.
TEST_F(Files, AReaderThatGoesInTheMiddleIsAnErrorAndNoSignal) {
  std::array<int, 2> ends;
  ASSERT_EQ(::pipe(ends.data()), 0);
  std::thread reader([&] {
    std::array<char, 100> some;
    EXPECT_GT(::read(ends[0], some.data(), some.size()), 0);
    ::close(ends[0]);
  });
  File pipe(ends[1]);
  std::error_code ec;
  const std::string much(1 << 20, 'x');
  EXPECT_LT(pipe.write(bytes(much), ec), much.size());
  EXPECT_EQ(ec, std::errc::broken_pipe);
  reader.join();
}

TEST_F(Files, PermissionsAndOwnership) {
  const mode_t before = ::umask(0);
  const File file = File::open(path("f"), O_RDWR | O_CREAT, 0640);
  ::umask(before);
  struct stat found{};
  ASSERT_EQ(::fstat(file.descriptor(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777u, 0640u);
  EXPECT_NE(::fcntl(file.descriptor(), F_GETFD) & FD_CLOEXEC, 0);
  File first = File::open(path("f")), second = std::move(first);
  EXPECT_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move)
  const int descriptor = second.descriptor();
  second = File();
  EXPECT_EQ(::fcntl(descriptor, F_GETFD), -1) << "it is closed";
}

// With one processor: who waits in a read holds it only until that is noticed.
TEST_F(Files, AReadThatBlocksHoldsNoProcessor) {
  set_max_procs(1);
  run([] {
    std::array<int, 2> ends;
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    File out(ends[0]), in(ends[1]);
    auto reader = spawn([&] {
      std::array<std::byte, 1> byte;
      return out.read(byte);
    });
    yield();  // the reader blocks
    in.write("x");
    EXPECT_EQ(reader.join(), 1u);
  });
}

}  // namespace
}  // namespace weft::os
