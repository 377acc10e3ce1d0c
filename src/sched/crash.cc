#include "sched/crash.h"

#include <cxxabi.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <typeinfo>

#include "base/fatal.h"
#include "os/errno_guard.h"
#include "os/thread.h"
#include "os/unwind.h"
#include "sched/dump.h"
#include "sched/monitor.h"
#include "sched/scheduler.h"
#include "sched/stack_pool.h"

namespace weft::sched {
namespace {

std::terminate_handler previous_terminate = nullptr;
struct sigaction previous_segv;
struct sigaction previous_bus;

void write_error(std::string_view text) noexcept { base::write_all(STDERR_FILENO, text); }

// Piece by piece and without allocation: the exception may be std::bad_alloc, with nothing left.
void write_exception() {
  if (const std::type_info* type = abi::__cxa_current_exception_type()) {
    int status = 0;
    char* plain = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
    write_error(status == 0 ? plain : type->name());
    std::free(plain);
  }
  try {
    throw;
  } catch (const std::exception& e) {
    write_error(": ");
    write_error(e.what());
  } catch (...) {
  }
}

void write_name(const Goroutine& g, std::string_view behind) noexcept {
  base::LineBuffer line;
  line.text("goroutine ").number(static_cast<std::int64_t>(g.id.load(std::memory_order_relaxed)));
  const detail::GoroutineName name = detail::name_of(g);
  if (name[0] != '\0') line.text(" \"").text(name.data()).text("\"");
  line.text(behind).write(STDERR_FILENO);
}

void write_frames(std::span<const std::uintptr_t> frames) noexcept {
  try {
    std::string text;
    append_frames(text, frames);
    write_error(text);
  } catch (...) {  // no memory for names
    for (const std::uintptr_t address : frames) base::LineBuffer().hex(address).text("\n").write(STDERR_FILENO);
  }
}

// One report in one piece: who comes second waits for the end of the process, one that fails in its own report ends it.
void become_only_reporter(const Goroutine& g) noexcept {
  static constinit detail::Atomic<const Goroutine*> reporter{nullptr};
  const Goroutine* first = nullptr;
  if (reporter.compare_exchange_strong(first, &g, std::memory_order_acq_rel)) return;
  if (first == &g) std::abort();
  while (true) ::pause();
}

[[noreturn]] void on_terminate() {
  if (!detail::on_goroutine()) {
    if (previous_terminate != nullptr) previous_terminate();
    std::abort();
  }
  const Goroutine& g = *detail::self();
  std::array<std::uintptr_t, 64> frames;
  const std::size_t count = os::unwind_here(frames);
  become_only_reporter(g);
  write_error("fatal error: ");
  if (std::current_exception()) {
    write_error("unhandled exception: ");
    write_exception();
  } else {
    write_error("std::terminate called");
  }
  write_error("\n\n");
  const bool pinned = g.pinned_to.load(std::memory_order_relaxed) != nullptr;
  write_name(g, pinned ? " [running, pinned to its thread]:\n" : " [running]:\n");
  write_frames({frames.data(), count});
  std::abort();
}

// In a recursion the innermost frames tell what recurs, the outermost who started it.
constexpr std::size_t kInnerFrames = 64;
constexpr std::size_t kOuterFrames = 32;

struct OverflowTrace {
  std::array<std::uintptr_t, 1 << 16> addresses;
  std::size_t count;

  std::span<const std::uintptr_t> all() const noexcept { return {addresses.data(), count}; }
};

// Runs on the monitor's thread: symbolizing needs libc's locks, which the overflowing thread may hold.
void print_overflow_trace(void* raw) noexcept {
  const std::span<const std::uintptr_t> frames = static_cast<OverflowTrace*>(raw)->all();
  if (frames.size() <= kInnerFrames + kOuterFrames) {
    write_frames(frames);
    return;
  }
  write_frames(frames.first(kInnerFrames));
  const auto left_out = static_cast<std::int64_t>(frames.size() - kInnerFrames - kOuterFrames);
  base::LineBuffer().text("... ").number(left_out).text(" frames are left out ...\n").write(STDERR_FILENO);
  write_frames(frames.last(kOuterFrames));
}

bool in_guard(const Goroutine& g, const std::byte* address) noexcept {
  const std::size_t guard = StackPool::guard_bytes(g.size_class);
  return address < g.stack_low && address >= g.stack_low - guard;
}

[[noreturn]] void report_overflow(const Goroutine& g) noexcept {
  write_error("fatal error: stack overflow\n\n");
  write_name(g, "");
  base::LineBuffer line;
  line.text(": its stack limit is ").number(static_cast<std::int64_t>(StackPool::class_bytes(g.size_class)));
  line.text(" bytes; more has a goroutine of go({.stack_bytes = ...}), or of WEFT_STACK_BYTES\n").write(STDERR_FILENO);
  static OverflowTrace trace;
  trace.count = os::unwind_interrupted(trace.addresses);
  constexpr std::int64_t kPatienceNanos = 5'000'000'000;
  if (!run_on_monitor(&print_overflow_trace, &trace, kPatienceNanos)) {
    const std::size_t shown = std::min(trace.count, kInnerFrames);
    for (std::size_t i = 0; i < shown; ++i) base::LineBuffer().hex(trace.addresses[i]).text("\n").write(STDERR_FILENO);
  }
  std::abort();
}

void pass_on(int number, siginfo_t* info, void* ucontext, const struct sigaction& previous) noexcept {
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(number, info, ucontext);
  } else if (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN) {
    ::signal(number, SIG_DFL);  // the instruction faults again and ends the process as usual
  } else {
    previous.sa_handler(number);
  }
}

void on_fault(int number, siginfo_t* info, void* ucontext) {
  const os::ErrnoGuard guard;
  const auto* address = static_cast<const std::byte*>(info->si_addr);
  const Goroutine* g = stack_pool().find(address);
  if (g != nullptr && in_guard(*g, address)) report_overflow(*g);
  pass_on(number, info, ucontext, number == SIGSEGV ? previous_segv : previous_bus);
}

void on_quit(int) {
  const os::ErrnoGuard guard;
  request_quit_dump();
}

}  // namespace

void install_crash_reports() noexcept {
  os::prepare_to_unwind();
  previous_terminate = std::set_terminate(&on_terminate);
  struct sigaction fault{};
  fault.sa_sigaction = &on_fault;
  fault.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  ::sigaction(SIGSEGV, &fault, &previous_segv);
  ::sigaction(SIGBUS, &fault, &previous_bus);
  struct sigaction quit{};
  ::sigaction(SIGQUIT, nullptr, &quit);
  // Also where a shell started it in the background with the signal ignored, as Go does.
  const bool taken = (quit.sa_flags & SA_SIGINFO) != 0 || (quit.sa_handler != SIG_DFL && quit.sa_handler != SIG_IGN);
  if (taken) return;
  quit.sa_handler = &on_quit;
  quit.sa_flags = SA_RESTART | SA_ONSTACK;
  ::sigaction(SIGQUIT, &quit, nullptr);
}

}  // namespace weft::sched
