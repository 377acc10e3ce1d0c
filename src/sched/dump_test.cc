// The dump: every goroutine with its id, name, state, reason and function names, while the program goes on.
#include <gtest/gtest.h>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sched/sanitizer.h"
#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/sync/mutex.h"
#include "weft/time.h"

namespace weft {
namespace {

std::string dump() {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  std::string text;
  std::thread reader([&text, fd = ends[0]] {
    std::array<char, 4096> part;
    for (ssize_t n = 0; (n = ::read(fd, part.data(), part.size())) > 0;)
      text.append(part.data(), static_cast<std::size_t>(n));
  });
  dump_goroutines(ends[1]);
  ::close(ends[1]);
  blocking([&] { reader.join(); });
  ::close(ends[0]);
  return text.substr(0, text.find("long runners seen lately:"));
}

/// The part of the dump about the goroutine with this name.
std::string part_of(const std::string& text, const std::string& name) {
  const std::size_t at = text.find('"' + name + '"');
  if (at == std::string::npos) return "";
  const std::size_t start = text.rfind("goroutine ", at);
  return text.substr(start, text.find("\n\n", at) - start);
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::atomic<bool> spinning{false};
std::atomic<bool> stop_spinning{false};

}  // namespace

// Not in the anonymous namespace, so that their names are plain.
[[gnu::noinline]] void wait_in_the_cellar(const Chan<void>& c) {
  c.recv();
  asm volatile("");
}
[[gnu::noinline]] ssize_t read_in_the_yard(int fd) {
  char into;
  const ssize_t count = ::read(fd, &into, 1);
  asm volatile("");
  return count;
}
[[gnu::noinline]] void spin_in_the_attic() {
  spinning = true;
  while (!stop_spinning.load(std::memory_order_relaxed)) {
  }
  asm volatile("");
}

namespace {

TEST(Dump, TellsOfParkedAndRunningGoroutines) {
  set_max_procs(4);
  run([] {
    auto never = make_chan<void>();
    Mutex mutex;
    mutex.lock();
    std::atomic<int> about_to_wait{0};
    go({.name = "cellar"}, [&, never] {
      ++about_to_wait;
      wait_in_the_cellar(never);
    });
    auto locksmith = spawn({.name = "locksmith"}, [&] {
      ++about_to_wait;
      mutex.lock();
      mutex.unlock();
    });
    go({.name = "dreamer"}, [&] {
      ++about_to_wait;
      sleep_for(std::chrono::hours(1));
    });
    auto attic = spawn({.name = "attic"}, [] { spin_in_the_attic(); });
    while (about_to_wait < 3 || !spinning) yield();

    std::string text;
    do {  // "about to wait" is a moment before waiting, and who runs may answer too late
      text = dump();
    } while (!contains(part_of(text, "cellar"), "chan receive") ||
             !contains(part_of(text, "locksmith"), "Mutex.lock") || !contains(part_of(text, "dreamer"), "sleep") ||
             !contains(part_of(text, "attic"), "spin_in_the_attic"));
#ifndef WEFT_CONTEXT_BOOST  // whose saved contexts cannot be walked
    EXPECT_TRUE(contains(part_of(text, "cellar"), "wait_in_the_cellar")) << text;
#endif
    EXPECT_TRUE(contains(part_of(text, "attic"), "[running")) << text;
    EXPECT_TRUE(contains(text, "goroutine " + std::to_string(goroutine_id()) + " \"main\" [running")) << text;
    EXPECT_TRUE(contains(part_of(text, "main"), "::dump")) << text;

    stop_spinning = true;
    attic.join();
    while (!part_of(dump(), "attic").empty()) yield();  // its end is a moment after its result
    mutex.unlock();
    locksmith.join();
    never.close();
  });
}

// Blocked in plain C. Those that a signal would end in spite of SA_RESTART are not asked for their stacks.
TEST(Dump, EndsNoSystemCall) {
  set_max_procs(4);
  run([] {
    std::array<int, 2> sockets;
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.data()), 0);
    const timeval limit{.tv_sec = 3600, .tv_usec = 0};
    ASSERT_EQ(::setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    std::array<int, 2> pipe;
    ASSERT_EQ(::pipe(pipe.data()), 0);
    char byte = 'x';
    auto poller = spawn({.name = "poller"}, [&] {
      pollfd wanted{.fd = sockets[0], .events = POLLIN, .revents = 0};
      return ::poll(&wanted, 1, -1);
    });
    auto receiver = spawn({.name = "receiver"}, [&] {
      char into;
      return ::recv(sockets[0], &into, 1, 0);
    });
    auto reader = spawn({.name = "reader"}, [&] { return read_in_the_yard(pipe[0]); });
    std::string text;
    const auto blocked = [&](const std::string& name) { return contains(part_of(text, name), "[system call"); };
    do {
      text = dump();
    } while (!blocked("poller") || !blocked("receiver") || !blocked("reader") ||
             !contains(part_of(text, "reader"), "read_in_the_yard"));
    EXPECT_FALSE(poller.done() || receiver.done() || reader.done());
    ASSERT_EQ(::write(sockets[1], &byte, 1), 1);
    ASSERT_EQ(::write(pipe[1], &byte, 1), 1);
    EXPECT_EQ(receiver.join(), 1);
    EXPECT_EQ(reader.join(), 1);
    ASSERT_EQ(::write(sockets[1], &byte, 1), 1);  // the receiver may have been first
    EXPECT_EQ(poller.join(), 1);
    for (const int fd : {sockets[0], sockets[1], pipe[0], pipe[1]}) ::close(fd);
  });
}

TEST(Dump, TellsOfThreadsThatWaitInAPrimitive) {
  run([] {
    auto never = make_chan<void>();
    std::thread thread([never] {
      ::prctl(PR_SET_NAME, "cellar\nthread");
      wait_in_the_cellar(never);
    });
#ifdef WEFT_TSAN  // which keeps the signal back: the thread is not asked for its stack
    const std::string sign = "cellar?thread";
#else
    const std::string sign = "wait_in_the_cellar";
#endif
    std::string text;
    do {
      text = dump();
    } while (!contains(text, sign));
    const std::size_t at = text.rfind("\nthread ", text.find(sign));
    ASSERT_NE(at, std::string::npos) << text;
    EXPECT_TRUE(contains(text.substr(at), " \"cellar?thread\" [chan receive, ")) << text;
    never.close();
    blocking([&] { thread.join(); });
    EXPECT_FALSE(contains(dump(), "cellar?thread"));
  });
}

TEST(Dump, NamesForgeNothing) {
  const auto shown = [](std::string_view name) {
    return spawn({.name = name},
                 [] {
                   const std::string text = dump();
                   const std::string own = "goroutine " + std::to_string(goroutine_id()) + " ";
                   const std::size_t at = text.find(own);
                   return text.substr(at, text.find('\n', at) - at);
                 })
        .join();
  };
  const auto expect_shown = [&](std::string_view name, const std::string& as) {
    const std::string line = shown(name);
    EXPECT_TRUE(contains(line, '"' + as + "\" [running")) << line;
  };
  expect_shown("two\ngoroutine 1 \"main\" [dead]:", "two?goroutine 1 \"main\" [dead]:");
  expect_shown(std::string_view("nul\0, \x1b[31mred", 14), "nul?, ?[31mred");
  expect_shown(std::string(1'000, 'x'), std::string(31, 'x'));
  expect_shown(std::string(30, 'x') + "\u00f6", std::string(30, 'x'));
  expect_shown(std::string(29, 'x') + "\u00f6y", std::string(29, 'x') + "\u00f6");
  expect_shown(std::string(40, '\x80'), std::string(31, '\x80'));
}

// Goroutines come and go, park and move while they are walked: nothing is disturbed, and no dump is torn.
TEST(Dump, DoesNotDisturbTheLiving) {
  set_max_procs(4);
  run([] {
    std::atomic<bool> stop{false};
    std::atomic<int> steps{0};
    std::vector<Task<void>> tasks;
    for (int i = 0; i < 30; ++i) {
      tasks.push_back(spawn([&, i] {
        while (!stop) {
          ++steps;
          if (i % 3 == 0) spawn([] { yield(); }).join();
          if (i % 3 == 1) sleep_for(std::chrono::microseconds(30));
          if (i % 3 == 2) yield();
        }
      }));
    }
    for (int i = 0; i < 5; ++i) {
      const int before = steps;
      EXPECT_TRUE(contains(dump(), "\"main\" [running"));
      while (steps == before) yield();
    }
    stop = true;
    for (auto& task : tasks) task.join();
  });
}

TEST(Dump, WorksFromAPlainThread) {
  auto never = make_chan<void>();
  go({.name = "outside"}, [never] { never.recv(); });
  while (!contains(part_of(dump(), "outside"), "chan receive")) yield();
  never.close();
}

}  // namespace
}  // namespace weft
