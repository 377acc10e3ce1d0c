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

std::string exception_text() {
  std::string text;
  if (const std::type_info* type = abi::__cxa_current_exception_type()) {
    int status = 0;
    char* plain = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
    text = status == 0 ? plain : type->name();
    std::free(plain);
  }
  try {
    throw;
  } catch (const std::exception& e) {
    text += std::string(": ") + e.what();
  } catch (...) {
  }
  return text;
}

[[noreturn]] void on_terminate() {
  if (!detail::on_goroutine()) {
    if (previous_terminate != nullptr) previous_terminate();
    std::abort();
  }
  const Goroutine& g = *detail::self();
  std::array<std::uintptr_t, 64> frames;
  const std::size_t count = os::unwind_here(frames);
  std::string text = "fatal error: ";
  text += std::current_exception() ? "unhandled exception: " + exception_text() : "std::terminate called";
  text += "\n\n" + describe_header(read_header(g, detail::Status::kRunning));
  append_frames(text, {frames.data(), count});
  base::write_all(STDERR_FILENO, text);
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
  std::string text;
  if (frames.size() <= kInnerFrames + kOuterFrames) {
    append_frames(text, frames);
  } else {
    append_frames(text, frames.first(kInnerFrames));
    text += "... " + std::to_string(frames.size() - kInnerFrames - kOuterFrames) + " frames are left out ...\n";
    append_frames(text, frames.last(kOuterFrames));
  }
  base::write_all(STDERR_FILENO, text);
}

bool in_guard(const Goroutine& g, const std::byte* address) noexcept {
  const std::size_t guard = StackPool::guard_bytes(g.size_class);
  return address < g.stack_low && address >= g.stack_low - guard;
}

[[noreturn]] void report_overflow(const Goroutine& g) noexcept {
  base::LineBuffer line;
  line.text("fatal error: stack overflow\n\ngoroutine ")
      .number(static_cast<std::int64_t>(g.id.load(std::memory_order_relaxed)));
  const detail::GoroutineName name = detail::name_of(g);
  if (name[0] != '\0') line.text(" \"").text(name.data()).text("\"");
  line.text(": its stack limit is ").number(static_cast<std::int64_t>(StackPool::class_bytes(g.size_class)));
  line.text(" bytes; go({.stack_bytes = ...}) or WEFT_STACK_BYTES give it more\n").write(STDERR_FILENO);
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
