// Signals for a test program under the thread sanitizer.
#pragma once

#include <unistd.h>
#include <csignal>
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

}  // namespace weft::testing
