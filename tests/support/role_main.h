// A test program that runs itself, by ChildProgram, with the name of a role as its one argument; and signals for such
// a program under the thread sanitizer.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <csignal>
#include <map>
#include <string>
#include <thread>

#include "sched/sanitizer.h"

namespace weft::testing {

// TSan holds a signal back until the thread's next call that it intercepts, and a machine that sleeps makes none: so
// there signals go to a thread that makes such calls all the time.
inline void receive_signals_under_tsan() {
#ifdef WEFT_TSAN
  std::thread([] {
    while (true) ::usleep(1000);
  }).detach();
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, nullptr);  // the runtime's threads inherit this
#endif
}

using Roles = std::map<std::string, int (*)()>;

/// What main() returns: a role's result, or that of all tests.
inline int run_role_or_tests(int argc, char** argv, const Roles& roles) {
  if (argc == 2 && argv[1][0] != '-') {
    receive_signals_under_tsan();
    return roles.at(argv[1])();
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

}  // namespace weft::testing
