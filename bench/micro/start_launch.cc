// Starts a program that prints CLOCK_MONOTONIC as its main begins, many times, and prints how long that took: the same
// launcher for every language. Usage: start_launch NAME PROGRAM TIMES
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "bench/micro/foreign.h"
#include "bench/micro/harness.h"

namespace {

[[noreturn]] void fail(const char* program, const char* what) {
  std::fprintf(stderr, "start_launch: %s: %s\n", program, what);
  std::exit(1);
}

// Nanoseconds from just before the exec to the program's own reading.
bench::Nanoseconds start_once(const char* program) {
  int ends[2];
  if (::pipe(ends) != 0) fail(program, "no pipe");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_addclose(&actions, ends[0]);
  ::posix_spawn_file_actions_addclose(&actions, ends[1]);
  char* const arguments[] = {const_cast<char*>(program), nullptr};
  ::pid_t child = 0;
  const std::int64_t before = bench_monotonic_nanoseconds();
  if (::posix_spawn(&child, program, &actions, nullptr, arguments, ::environ) != 0) fail(program, "does not start");
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  char text[32] = {};
  const ssize_t length = ::read(ends[0], text, sizeof text - 1);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  if (length <= 0) fail(program, "printed nothing");
  return bench::Nanoseconds(std::strtoll(text, nullptr, 10) - before);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 || std::atoi(argv[3]) <= 0) {
    std::fprintf(stderr, "usage: start_launch NAME PROGRAM TIMES\n");
    return 2;
  }
  start_once(argv[2]);  // brings the file into the page cache
  bench::Lateness starts;
  for (int i = 0; i < std::atoi(argv[3]); ++i) starts.add(start_once(argv[2]));
  starts.emit_median_milliseconds(argv[1]);
}
