// A folder's files for whoever asks.
#include "weft/http/files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "http/running_server.h"
#include "weft/http/client.h"
#include "weft/os/file.h"

namespace weft::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
namespace fs = std::filesystem;

class HttpFiles : public ::testing::Test {
 protected:
  HttpFiles() {
    std::string name = ::testing::TempDir() + "weft_files_XXXXXX";
    outside_ = ::mkdtemp(name.data());
    folder_ = outside_ / "public";
    fs::create_directories(folder_ / "sub");
    write(folder_ / "letters.txt", kLetters);
    write(folder_ / "empty.css", "");
    write(folder_ / "sub" / "index.html", "<p>an index");
    write(outside_ / "secret", "not for you");
    set_time(folder_ / "letters.txt", kModified);
    serve_files(server_, "/f/", folder_);
  }
  ~HttpFiles() override { fs::remove_all(outside_); }

  static void write(const fs::path& path, std::string_view text) { std::ofstream(path) << text; }
  static void set_time(const fs::path& path, std::time_t second) {
    const timespec times[] = {{second, 0}, {second, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }

  static constexpr std::string_view kLetters = "abcdefghij";
  static constexpr std::time_t kModified = 784111777;  // RFC 9110's example
  static constexpr std::string_view kModifiedText = "Sun, 06 Nov 1994 08:49:37 GMT";

  fs::path outside_, folder_;
  Server server_;
};

// Of an answer's head, the value of a field.
std::string field(const std::string& answer, const std::string& name) {
  const std::size_t at = answer.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 4;
  return answer.substr(begin, answer.find('\r', begin) - begin);
}

TEST_F(HttpFiles, AreServedWithTypeLengthAndVersion) {
  with_server(server_, [&](const Running& running) {
    const std::string answer = get_raw(running, "/f/letters.txt");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(body_of(answer), kLetters);
    EXPECT_EQ(field(answer, "Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(field(answer, "Content-Length"), "10");
    EXPECT_EQ(field(answer, "Last-Modified"), kModifiedText);
    EXPECT_EQ(field(answer, "Accept-Ranges"), "bytes");
    EXPECT_THAT(field(answer, "ETag"), StartsWith("\""));
    EXPECT_EQ(field(get_raw(running, "/f/empty.css"), "Content-Length"), "0");
    const std::string head = ask(running, "HEAD /f/letters.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(field(head, "Content-Length"), "10");
    EXPECT_EQ(body_of(head), "");
    EXPECT_THAT(ask(running, "POST /f/letters.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
                StartsWith("HTTP/1.1 405 "));
  });
}

TEST_F(HttpFiles, ALargeOneComesWhole) {
  std::string large(3'000'000, ' ');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>('a' + i % 23);
  write(folder_ / "large.bin", large);
  with_server(server_, [&](const Running& running) {
    const ClientResponse answer = get("http://" + running.address() + "/f/large.bin");
    EXPECT_TRUE(answer.body == large);
    EXPECT_EQ(answer.header("Content-Type"), "application/octet-stream");
  });
}

TEST_F(HttpFiles, AFolderIsItsIndex) {
  with_server(server_, [&](const Running& running) {
    EXPECT_EQ(body_of(get_raw(running, "/f/sub/")), "<p>an index");
    const std::string redirected = get_raw(running, "/f/sub?a=%20");
    EXPECT_THAT(redirected, StartsWith("HTTP/1.1 301 "));
    EXPECT_EQ(field(redirected, "Location"), "/f/sub/?a=%20");
    EXPECT_THAT(get_raw(running, "/f/"), StartsWith("HTTP/1.1 404 "));  // nothing is listed
    EXPECT_THAT(get_raw(running, "/f/letters.txt/"), StartsWith("HTTP/1.1 404 "));
  });
}

TEST_F(HttpFiles, NothingOutsideIsReached) {
  fs::create_symlink(outside_ / "secret", folder_ / "absolute");
  fs::create_symlink("../secret", folder_ / "relative");
  fs::create_symlink("letters.txt", folder_ / "inside");
  fs::create_symlink("/proc/self/cwd", folder_ / "magic");
  fs::create_symlink("loop", folder_ / "loop");
  ASSERT_EQ(::mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  with_server(server_, [&](const Running& running) {
    for (const char* target : {"/f/absolute", "/f/relative", "/f/magic/", "/f/loop", "/f/fifo", "/f/no",
                               "/f/..%2fsecret", "/f/sub/..%2f..%2fsecret", "/f/%2e%2e/secret", "/f/%2fetc%2fpasswd"}) {
      const std::string answer = get_raw(running, target);
      EXPECT_THAT(answer, ::testing::AnyOf(StartsWith("HTTP/1.1 404 "), StartsWith("HTTP/1.1 400 "))) << target;
      EXPECT_THAT(answer, Not(HasSubstr("not for you"))) << target;
    }
    EXPECT_EQ(body_of(get_raw(running, "/f/inside")), kLetters);
    EXPECT_THAT(get_raw(running, "/f/" + std::string(5000, 'x')), StartsWith("HTTP/1.1 404 "));
  });
}

TEST_F(HttpFiles, WhatTheClientHasIsNotSentAgain) {
  with_server(server_, [&](const Running& running) {
    const std::string etag = field(get_raw(running, "/f/letters.txt"), "ETag");
    const auto status = [&](const std::string& fields) {
      return get_raw(running, "/f/letters.txt", fields).substr(9, 3);
    };
    EXPECT_EQ(status("If-None-Match: " + etag + "\r\n"), "304");
    EXPECT_EQ(status("If-None-Match: \"other\", W/" + etag + "\r\n"), "304");
    EXPECT_EQ(status("If-None-Match: *\r\n"), "304");
    EXPECT_EQ(status("If-None-Match: \"other\"\r\n"), "200");
    EXPECT_EQ(status("If-Modified-Since: " + std::string(kModifiedText) + "\r\n"), "304");
    EXPECT_EQ(status("If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"), "200");
    EXPECT_EQ(status("If-Modified-Since: yesterday\r\n"), "200");
    // The ETag counts where both are there.
    EXPECT_EQ(status("If-None-Match: \"other\"\r\nIf-Modified-Since: " + std::string(kModifiedText) + "\r\n"), "200");
    EXPECT_EQ(body_of(get_raw(running, "/f/letters.txt", "If-None-Match: *\r\n")), "");
    write(folder_ / "letters.txt", "changed");
    EXPECT_EQ(status("If-None-Match: " + etag + "\r\n"), "200");
  });
}

TEST_F(HttpFiles, AnotherVersionThanTheOneWantedIsRefused) {
  with_server(server_, [&](const Running& running) {
    const std::string etag = field(get_raw(running, "/f/letters.txt"), "ETag");
    const auto status = [&](const std::string& fields) {
      return get_raw(running, "/f/letters.txt", fields).substr(9, 3);
    };
    EXPECT_EQ(status("If-Match: \"other\"\r\n"), "412");
    EXPECT_EQ(status("If-Match: W/" + etag + "\r\n"), "412");
    EXPECT_EQ(status("If-Match: \"other\", " + etag + "\r\n"), "200");
    EXPECT_EQ(status("If-Match: *\r\n"), "200");
    EXPECT_EQ(status("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"), "412");
    EXPECT_EQ(status("If-Unmodified-Since: " + std::string(kModifiedText) + "\r\n"), "200");
  });
}

// Whoever holds a lease on a file is asked to give it up, which the kernel waits for, or says "not now".
TEST_F(HttpFiles, OneThatSomebodyHasALeaseOnIsNotWaitedFor) {
  std::signal(SIGIO, SIG_IGN);
  os::File leased = os::File::open(folder_ / "letters.txt", O_RDWR);
  if (::fcntl(leased.descriptor(), F_SETLEASE, F_WRLCK) != 0) GTEST_SKIP() << "no leases here";
  with_server(server_, [&](const Running& running) {
    EXPECT_THAT(get_raw(running, "/f/letters.txt"), StartsWith("HTTP/1.1 503 "));
    leased.close();
    EXPECT_THAT(get_raw(running, "/f/letters.txt"), StartsWith("HTTP/1.1 200 "));
  });
}

TEST_F(HttpFiles, ARangeIsAPart) {
  with_server(server_, [&](const Running& running) {
    const std::string etag = field(get_raw(running, "/f/letters.txt"), "ETag");
    struct Case {
      std::string asked, status, range, body;
    };
    for (const Case& each :
         std::vector<Case>{{"bytes=2-4", "206", "bytes 2-4/10", "cde"},
                           {"bytes=7-", "206", "bytes 7-9/10", "hij"},
                           {"bytes=-2", "206", "bytes 8-9/10", "ij"},
                           {"bytes=-99", "206", "bytes 0-9/10", "abcdefghij"},
                           {"bytes=8-99", "206", "bytes 8-9/10", "ij"},
                           {"bytes=0-0", "206", "bytes 0-0/10", "a"},
                           {"bytes=10-", "416", "bytes */10", "Range Not Satisfiable\n"},
                           {"bytes=-0", "416", "bytes */10", "Range Not Satisfiable\n"},
                           {"bytes=4-2", "200", "", "abcdefghij"},
                           {"bytes=1-2,4-5", "200", "", "abcdefghij"},
                           {"bytes=a-b", "200", "", "abcdefghij"},
                           {"bytes=-", "200", "", "abcdefghij"},
                           {"bytes=99999999999999999999-", "200", "", "abcdefghij"},
                           {"letters=1-2", "200", "", "abcdefghij"},
                           {"bytes=1-2\r\nIf-Range: " + etag, "206", "bytes 1-2/10", "bc"},
                           {"bytes=1-2\r\nIf-Range: \"other\"", "200", "", "abcdefghij"},
                           {"bytes=1-2\r\nIf-Range: " + std::string(kModifiedText), "206", "bytes 1-2/10", "bc"}}) {
      const std::string answer = get_raw(running, "/f/letters.txt", "Range: " + each.asked + "\r\n");
      EXPECT_EQ(answer.substr(9, 3), each.status) << each.asked;
      EXPECT_EQ(field(answer, "Content-Range"), each.range) << each.asked;
      EXPECT_EQ(body_of(answer), each.body) << each.asked;
    }
    EXPECT_THAT(
        ask(running, "HEAD /f/letters.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\nRange: bytes=1-2\r\n\r\n"),
        StartsWith("HTTP/1.1 200 "));
  });
}

TEST_F(HttpFiles, MistakesAreToldAtOnce) {
  EXPECT_THROW(serve_files(server_, "/no", folder_), usage_error);
  EXPECT_THROW(serve_files(server_, "no/", folder_), usage_error);
  EXPECT_THROW(serve_files(server_, "/f/", folder_), usage_error);
  EXPECT_THROW(serve_files(server_, "/g/", folder_ / "missing"), std::system_error);
  EXPECT_THROW(serve_files(server_, "/g/", folder_ / "letters.txt"), std::system_error);
}

}  // namespace
}  // namespace weft::http
