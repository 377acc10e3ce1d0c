// Machines: threads made when a processor needs one, kept for ever.
#include <cxxabi.h>
#include <unistd.h>
#include <cerrno>
#include <cstddef>
#include <new>

#include "base/fatal.h"
#include "os/errno_guard.h"
#include "os/stack_memory.h"
#include "os/thread.h"
#include "sched/preempt.h"
#include "sched/scheduler.h"

namespace weft::detail {

constinit thread_local MachineHead* weft_current_machine __attribute__((tls_model("initial-exec"))) = nullptr;

}

namespace weft::sched {

using detail::SpinGuard;

namespace {

constexpr std::size_t kMachineStackBytes = 256 << 10;
constexpr std::uint32_t kMostMachines = 10'000;

void* machine_thread(void* raw) {
  Machine& m = *static_cast<Machine*>(raw);
  os::name_current_thread("weft-machine");
  m.thread_id = os::current_thread_id();
  m.exceptions = reinterpret_cast<detail::ExceptionState*>(abi::__cxa_get_globals());
  m.errno_address = &errno;
  os::set_precise_sleep();
  os::install_signal_stack(static_cast<std::byte*>(raw) + sizeof(Machine));
  sanitizer_adopt_thread(m.scheduler.fiber);
  detail::weft_current_machine = &m;
  sleep_as_idle(m);
  run_scheduler_loop(m);
}

// Not for the first machine: there the start fails with an error.
void report_thread_shortage(int error) noexcept {
  Scheduler& s = scheduler();
  {
    const SpinGuard guard(s.lock);
    if (s.thread_shortage_reported || s.machine_count == 0) return;
    s.thread_shortage_reported = true;
  }
  base::LineBuffer()
      .text("weft: no further thread can be made (")
      .text(error == EAGAIN ? "limit of threads: ulimit -u, a pids cgroup, or memory" : "no memory for its stack")
      .text("); goroutines share the ")
      .number(s.machine_count)
      .text(" threads there are\n")
      .write(STDERR_FILENO);
}

// A spare one, or a new one with a number that no other has, be there a thread for it or not: pools go by it.
Machine* take_machine() noexcept {
  Scheduler& s = scheduler();
  {
    const SpinGuard guard(s.lock);
    if (Machine* spare = s.spare_machines; spare != nullptr) {
      s.spare_machines = spare->idle_next;
      return spare;
    }
  }
  void* memory = os::reserve_memory(sizeof(Machine) + os::kSignalStackBytes, os::page_bytes());
  if (memory == nullptr) return nullptr;
  auto* m = ::new (memory) Machine();
  const SpinGuard guard(s.lock);
  m->index = s.machines_numbered++;
  return m;
}

void count_machine() noexcept {
  Scheduler& s = scheduler();
  const SpinGuard guard(s.lock);
  if (s.machine_count == kMostMachines) base::fatal("too many threads blocked outside of the runtime:", kMostMachines);
  ++s.machine_count;
}

}  // namespace

bool new_machine() noexcept {
  Scheduler& s = scheduler();
  const os::ErrnoGuard errno_guard;  // pthread_create may set it though it returns its error
  Machine* m = take_machine();
  if (m == nullptr) {
    report_thread_shortage(ENOMEM);
    return false;
  }
  count_machine();
  release_all_held();  // [preempt.I3]
  const int error = os::start_thread(&machine_thread, m, kMachineStackBytes);
  {
    const SpinGuard guard(s.lock);
    if (error == 0) {
      m->all_next = s.machines.load(std::memory_order_relaxed);
      s.machines.store(m, std::memory_order_release);
      add_idle_machine_locked(*m);
      return true;
    }
    --s.machine_count;
    m->idle_next = s.spare_machines;
    s.spare_machines = m;
  }
  report_thread_shortage(error);
  return false;
}

}  // namespace weft::sched
