#include "sched/thread_signal.h"

#include "os/errno_guard.h"
#include "os/thread.h"
#include "sched/long_runner.h"
#include "sched/preempt.h"
#include "sched/running_stack.h"

namespace weft::sched {
namespace {

struct sigaction previous_action;

void pass_on(int number, siginfo_t* info, void* ucontext) {
  if ((previous_action.sa_flags & SA_SIGINFO) != 0) {
    if (previous_action.sa_sigaction != nullptr) previous_action.sa_sigaction(number, info, ucontext);
  } else if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) {
    previous_action.sa_handler(number);
  }
}

void on_signal(int number, siginfo_t* info, void* ucontext) {
  const os::ErrnoGuard guard;
  if (info->si_code == SI_TIMER && answer_long_runner(info->si_value.sival_ptr)) return;
  if (!answer_stack_request() && !answer_hold_request()) pass_on(number, info, ucontext);
}

}  // namespace

bool install_signal_handler() noexcept {
  static const bool installed = [] {
    struct sigaction action{};
    action.sa_sigaction = &on_signal;
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    return ::sigaction(kThreadSignal, &action, &previous_action) == 0;
  }();
  return installed;
}

bool interrupt_thread(std::int32_t thread_id) noexcept {
  return install_signal_handler() && os::signal_thread(thread_id, kThreadSignal);
}

}  // namespace weft::sched
