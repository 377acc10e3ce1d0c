// A fork()'s child with what its parent had open: it has a poller of its own.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <csignal>

#include "sched/poller.h"
#include "support/fork_child.h"
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

}  // namespace
}  // namespace weft::net
