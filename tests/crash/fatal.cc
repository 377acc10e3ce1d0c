// Ends that nobody catches: exceptions, stack overflows, deadlocks, SIGQUIT.
#include <sys/mman.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <thread>

#include "cases.h"
#include "weft/chan.h"
#include "weft/runtime.h"
#include "weft/signal.h"
#include "weft/sync/mutex.h"
#include "weft/time.h"

namespace {

void wait_for_ever() { weft::Chan<int>().recv(); }

[[gnu::noinline]] void open_the_hatch() { throw std::runtime_error("the hatch is stuck"); }

int uncaught_in_go() {
  return weft::run([] {
    weft::go({.name = "diver"}, [] { open_the_hatch(); });
    wait_for_ever();
  });
}

int uncaught_in_main() {
  return weft::run([] { open_the_hatch(); });
}

int uncaught_of_another_type() {
  return weft::run([] {
    weft::go([] { throw 7; });
    wait_for_ever();
  });
}

int uncaught_on_a_thread() {
  return weft::run([] { std::thread([] { throw std::runtime_error("on a plain thread"); }).join(); });
}

int uncaught_while_others_run() {
  return weft::run([] {
    for (int i = 0; i < 8; ++i) {
      weft::go([] {
        while (true) weft::yield();
      });
    }
    weft::go({.name = "diver"}, [] {
      weft::sleep_for(std::chrono::milliseconds(5));
      open_the_hatch();
    });
    wait_for_ever();
  });
}

int rejoined() {
  return weft::run([] {
    try {
      weft::spawn([] { open_the_hatch(); }).join();
    } catch (const std::runtime_error& error) {
      std::fprintf(stderr, "joined: %s\n", error.what());
      return 3;
    }
    return 0;
  });
}

int terminate_called() {
  return weft::run([] { std::terminate(); });
}

volatile bool deeper = true;
[[gnu::noinline]] long dive(long depth) {
  char frame[256];
  frame[0] = static_cast<char>(depth);
  asm volatile("" : : "r"(frame) : "memory");  // the whole frame is there: TSan can count 65,536 of them and no more
  return deeper ? dive(depth + 1) + frame[0] : depth;
}

int overflow_in_main() {
  return weft::run([] { dive(0); });
}

int overflow_in_go() {
  return weft::run([] {
    weft::go({.name = "diver", .stack_bytes = 64 << 10}, [] { dive(0); });
    wait_for_ever();
  });
}

int overflow_after_parks() {
  return weft::run([] {
    weft::go({.name = "diver"}, [] {
      for (int i = 0; i < 10; ++i) weft::sleep_for(std::chrono::microseconds(100));
      dive(0);
    });
    wait_for_ever();
  });
}

int plain_segv() {
  return weft::run([] {
    static volatile int* volatile nowhere = nullptr;
    *nowhere = 1;
  });
}

int deadlock_on_a_channel() {
  return weft::run([] {
    auto c = weft::make_chan<int>();
    weft::go({.name = "second"}, [c] {
      c.send(1);
      c.send(2);
    });
    c.recv();
    auto never = weft::make_chan<int>();
    never.recv();
  });
}

int deadlock_on_a_mutex() {
  return weft::run([] {
    weft::Mutex mutex;
    mutex.lock();
    mutex.lock();
  });
}

int deadlock_after_a_thread() {
  return weft::run([] {
    std::thread([] {}).join();
    wait_for_ever();
  });
}

int deadlock_of_a_pinned_goroutine() {
  return weft::run([] {
    const weft::ThreadPin pin;
    wait_for_ever();
  });
}

int deadlock_after_a_resize() {
  return weft::run([] {
    weft::set_max_procs(8);
    weft::spawn([] { weft::set_max_procs(1); }).join();
    wait_for_ever();
  });
}

int deadlock_of_a_thread() {
  weft::make_chan<int>().recv();
  return 0;
}

// A thread that could still send keeps the program alive: the alarm ends it.
int no_deadlock_while_a_thread_lives() {
  static std::thread sender;
  return weft::run([] {
    auto c = weft::make_chan<int>();
    sender = std::thread([c] {
      ::usleep(300'000);
      c.send(5);
    });
    const int got = *c.recv();
    sender.join();
    return got;
  });
}

// What dump_goroutines() writes.
std::string dump() {
  const int file = ::memfd_create("dump", 0);
  weft::dump_goroutines(file);
  std::string text(static_cast<std::size_t>(::lseek(file, 0, SEEK_END)), '\0');
  const ssize_t got = ::pread(file, text.data(), text.size(), 0);
  ::close(file);
  text.resize(static_cast<std::size_t>(got < 0 ? 0 : got));
  return text;
}

void say_when_dumped(std::initializer_list<const char*> words) {
  std::string text;
  const auto lacks = [&text](const char* word) { return text.find(word) == std::string::npos; };
  do {
    text = dump();
  } while (std::ranges::any_of(words, lacks));
  std::fprintf(stderr, "ready\n");
}

int quit() {
  return weft::run([] {
    weft::go({.name = "sleeper"}, [] { weft::sleep_for(std::chrono::hours(1)); });
    weft::go({.name = "spinner"}, [] {
      while (deeper) {
      }
    });
    std::thread([] {
      say_when_dumped({"\"main\" [chan receive", "\"sleeper\" [sleep", "\"spinner\" [running"});
    }).detach();
    wait_for_ever();
  });
}

void own_handler(int) { ::_exit(9); }

int quit_taken_over() {
  ::signal(SIGQUIT, &own_handler);
  return quit();
}

// Waits for nothing but that signal, and is not deadlocked.
int quit_received() {
  return weft::run([] {
    const weft::RecvChan<int> signals = weft::signal::notify({SIGQUIT});
    std::thread([] { say_when_dumped({"\"main\" [chan receive"}); }).detach();
    return signals.recv() == SIGQUIT ? 9 : 1;
  });
}

}  // namespace

int main(int argc, char** argv) {
  ::alarm(60);
  return crash::run_case(argc, argv,
                         {{"uncaught_in_go", uncaught_in_go},
                          {"uncaught_in_main", uncaught_in_main},
                          {"uncaught_of_another_type", uncaught_of_another_type},
                          {"uncaught_on_a_thread", uncaught_on_a_thread},
                          {"uncaught_while_others_run", uncaught_while_others_run},
                          {"rejoined", rejoined},
                          {"terminate_called", terminate_called},
                          {"overflow_in_main", overflow_in_main},
                          {"overflow_in_go", overflow_in_go},
                          {"overflow_after_parks", overflow_after_parks},
                          {"plain_segv", plain_segv},
                          {"deadlock_on_a_channel", deadlock_on_a_channel},
                          {"deadlock_on_a_mutex", deadlock_on_a_mutex},
                          {"deadlock_after_a_thread", deadlock_after_a_thread},
                          {"deadlock_of_a_pinned_goroutine", deadlock_of_a_pinned_goroutine},
                          {"deadlock_after_a_resize", deadlock_after_a_resize},
                          {"deadlock_of_a_thread", deadlock_of_a_thread},
                          {"no_deadlock_while_a_thread_lives", no_deadlock_while_a_thread_lives},
                          {"quit", quit},
                          {"quit_taken_over", quit_taken_over},
                          {"quit_received", quit_received}});
}
