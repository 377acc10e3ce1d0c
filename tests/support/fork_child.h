// support/fork_child.h: what the sanitizers say of a fork()'s child is kept back. For one file of a program.
//
// The child has one thread of all that there were, and what only the others knew of looks leaked. TSan moreover ignores
// what the thread that forked does there, so to its eyes the child's other threads race with it; and it lets the child
// start threads at all only under TSAN_OPTIONS=die_after_fork=0, which the presets set. The hooks are theirs.
#pragma once

#include <unistd.h>

#include "sched/sanitizer.h"

namespace weft::testing {
inline const pid_t test_process = ::getpid();
inline bool in_fork_child() noexcept { return ::getpid() != test_process; }
}  // namespace weft::testing

#ifdef WEFT_ASAN
extern "C" int __lsan_is_turned_off();
extern "C" int __lsan_is_turned_off() { return weft::testing::in_fork_child() ? 1 : 0; }
#endif

#ifdef WEFT_TSAN
namespace __tsan {
class ReportDesc;
bool OnReport(const ReportDesc*, bool suppressed);
bool OnReport(const ReportDesc*, bool suppressed) { return suppressed || weft::testing::in_fork_child(); }
}  // namespace __tsan
#endif
