#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "doctor/bundle.h"
#include "doctor/collect.h"
#include "doctor/listening_ports.h"
#include "doctor/loopback_server.h"

namespace weft::doctor {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

CollectOptions at_once() {
  CollectOptions options;
  options.cpu_seconds = seconds(0);
  return options;
}

std::error_code why_not(int pid) {
  Evidence evidence;
  try {
    collect_pid(evidence, pid, at_once());
  } catch (const std::system_error& error) {
    return error.code();
  }
  return {};
}

// A child that waits for a byte or the end of a pipe.
class Child {
 public:
  Child() {
    EXPECT_EQ(::pipe(pipe_), 0);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::close(pipe_[1]);
    char byte = 0;
    ::_exit(static_cast<int>(::read(pipe_[0], &byte, 1)));
  }
  ~Child() { end(); }
  int pid() const { return pid_; }
  void let_go() {
    if (pipe_[1] >= 0) ::close(pipe_[1]);
    pipe_[1] = -1;
  }
  void end() {
    let_go();
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    if (pipe_[0] >= 0) ::close(pipe_[0]);
    pid_ = pipe_[0] = -1;
  }

 private:
  int pipe_[2] = {-1, -1};
  pid_t pid_ = -1;
};

TEST(CollectPid, LooksTwice) {
  Evidence evidence;
  collect_pid(evidence, ::getpid(), at_once());
  EXPECT_TRUE(evidence.live);
  ASSERT_EQ(evidence.process.size(), 2u);
  EXPECT_GE(evidence.process[1].cpu_seconds.value(), evidence.process[0].cpu_seconds.value());
  EXPECT_GE(evidence.process[1].unix_seconds.value(), evidence.process[0].unix_seconds.value());
  EXPECT_GT(evidence.process[0].resident_bytes.value(), 0);
}

TEST(CollectPid, ReadsTheExecutable) {
  Evidence evidence;
  collect_pid(evidence, ::getpid(), at_once());
  ASSERT_TRUE(evidence.binary);
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  EXPECT_EQ(evidence.binary->file_bytes, static_cast<double>(std::filesystem::file_size(self)));
  EXPECT_THAT(evidence.sources, Contains(HasSubstr(self.string())));
}

TEST(CollectPid, SaysThatThereIsNone) {
  Child child;
  const int pid = child.pid();
  child.end();
  EXPECT_EQ(why_not(pid), std::errc::no_such_process);
  EXPECT_EQ(why_not(0), std::errc::invalid_argument);
  EXPECT_EQ(why_not(-1), std::errc::invalid_argument);
}

TEST(CollectPid, SaysThatTheProcessEndedMeanwhile) {
  Child child;
  CollectOptions options;
  options.cpu_seconds = seconds(10);
  options.progress = [&child](const std::string&) { child.let_go(); };
  Evidence evidence;
  collect_pid(evidence, child.pid(), options);
  EXPECT_EQ(evidence.process.size(), 1u);
  EXPECT_THAT(evidence.unread, Contains(HasSubstr("ended meanwhile")));
}

TEST(CollectPid, NamesThePortThatHasProfilesAndTakesNone) {
  std::atomic<int> asked{0};
  LoopbackServer debug(LoopbackServer::Answer([&asked](const std::string& target) {
    ++asked;
    return LoopbackServer::answer("200 OK", "Content-Type: text/html\r\n", target + ": goroutine, heap, ...");
  }));
  LoopbackServer other(LoopbackServer::Answer([](const std::string&) { return "220 mail\r\n"; }));
  const auto named = Contains(HasSubstr("`weft doctor http://127.0.0.1:" + debug.port() + "`"));
  Evidence evidence;
  int looks = 0;
  do {  // half a second may be too short for an answer here
    evidence = {};
    collect_pid(evidence, ::getpid(), at_once());
  } while (++looks < 100 && !testing::Value(evidence.sources, named));
  EXPECT_THAT(evidence.sources, named);
  EXPECT_THAT(evidence.sources, Not(Contains(HasSubstr(other.port()))));
  EXPECT_LE(asked, looks);
}

TEST(CollectPid, KeepsNoSecretsOfTheEnvironment) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("weft_collect_pid_test" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  // /proc shows the environment that a program was started with.
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string command = "GOGC=77 SECRET_TOKEN=hush WEFT_COLLECT_PID_TEST=" + folder.string() + " '" + program +
                              "' --gtest_filter=CollectPid.KeepsItself > /dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  std::ifstream file(folder / "process.start.json");
  const std::string kept{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_THAT(kept, AllOf(HasSubstr("GOGC=77"), Not(HasSubstr("hush"))));
  Evidence evidence;
  add_folder(evidence, folder);
  settle(evidence);
  ASSERT_EQ(evidence.process.size(), 2u);
  EXPECT_EQ(evidence.process[0].environment.at("GOGC"), "77");
  std::filesystem::remove_all(folder);
}

TEST(CollectPid, KeepsItself) {
  const char* folder = std::getenv("WEFT_COLLECT_PID_TEST");
  if (folder == nullptr) GTEST_SKIP() << "only as part of another test";
  CollectOptions options = at_once();
  options.save_folder = folder;
  Evidence evidence;
  collect_pid(evidence, ::getpid(), options);
}

TEST(ListeningPorts, ReadsTheKernelsTables) {
  const auto sockets = read_listening_sockets(
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 0100007F:17AC 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0 100 0 0 10 "
      "0\n"
      "   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4243 1 0 100 0 0 10 "
      "0\n"
      "   2: 0200000A:0051 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4244 1 0 100 0 0 10 "
      "0\n"
      "   3: 0100007F:17AD 0100007F:1234 01 00000000:00000000 00:00000000 00000000     0        0 4245 1 0 100 0 0 10 "
      "0\n"
      "   4: 00000000000000000000000001000000:17AE 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 4246 1\n"
      "nonsense\n   5: 01\n");
  ASSERT_EQ(sockets.size(), 3u);
  EXPECT_EQ(sockets[0].address + ":" + std::to_string(sockets[0].port), "127.0.0.1:6060");
  EXPECT_EQ(sockets[0].inode, 4242u);
  EXPECT_EQ(sockets[1].address, "127.0.0.1");
  EXPECT_EQ(sockets[2].address, "[::1]");
}

}  // namespace
}  // namespace weft::doctor
