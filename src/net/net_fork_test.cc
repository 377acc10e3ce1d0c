// A fork()'s child with what its parent had open: it has a poller of its own.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

#include "net/lookup.h"
#include "sched/poller.h"
#include "support/fork_child.h"
#include "weft/net/resolve.h"
#include "weft/net/tcp.h"
#include "weft/runtime.h"

namespace weft::net {
namespace {

TEST(NetFork, TheChildAcceptsOnItsParentsListener) {
#ifdef WEFT_TSAN
  GTEST_SKIP() << "TSan's fork() hangs under the load of the runtime's start in the child";
#endif
  run([] {
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    auto early = spawn([&] { return listener.accept(); });
    TcpStream::connect(listener.local_endpoint().to_string());
    early.join();  // the parent's poller has been at it
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);
      auto accepted = spawn([&] { return listener.accept(); });
      while (sched::poll_waiters() < 1) yield();  // for an edge of what the parent opened
      TcpStream client = TcpStream::connect(listener.local_endpoint().to_string());
      TcpStream server = accepted.join();
      auto answer = spawn([&] { server.write_all("x"); });
      char byte = 0;
      client.read_some(std::span(&byte, 1));
      answer.join();
      ::_exit(byte == 'x' ? 42 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 42);
    auto late = spawn([&] { return listener.accept(); });
    TcpStream::connect(listener.local_endpoint().to_string());
    EXPECT_TRUE(late.join().is_open()) << "the parent's own goes on";
  });
}

// The goroutine that looks the name up stays with the parent: the child looks it up itself.
TEST(NetFork, TheChildDoesNotWaitForItsParentsLookup) {
#ifdef WEFT_TSAN
  GTEST_SKIP() << "TSan's fork() hangs under the load of the runtime's start in the child";
#endif
  const pid_t parent = ::getpid();
  std::atomic<bool> asked{false}, answers{false};
  set_lookup_for_testing([&](const Query&) {
    asked = true;
    while (::getpid() == parent && !answers) std::this_thread::sleep_for(std::chrono::microseconds(100));
    return Answer{{Endpoint::parse("127.0.0.1:0")}, {}};
  });
  run([&] {
    auto waiting = spawn([] { return resolve("slow.test").size(); });
    while (!asked) yield();
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);
      ::_exit(resolve("slow.test").size() == 1 ? 42 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 42);
    answers = true;
    EXPECT_EQ(waiting.join(), 1u);
  });
  set_lookup_for_testing({});
}

}  // namespace
}  // namespace weft::net
