#include "sched/running_stack.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <new>

#include "os/clock.h"
#include "os/futex.h"
#include "os/system_call.h"
#include "os/unwind.h"
#include "sched/scheduler.h"
#include "sched/stand_in.h"
#include "sched/thread_signal.h"

namespace weft::sched {
namespace {

constexpr std::int64_t kPatienceNanos = 200'000'000;

// One request at a time. `state`: 0 nothing asked, 1 asked, 2 being answered, 3 answered.
struct Request {
  detail::Atomic<std::uint32_t> state{0};
  detail::Atomic<const Goroutine*> wanted{nullptr};
  std::array<std::uintptr_t, 64> addresses{};
  std::size_t count = 0;
};

constinit Request the_request;
constinit std::mutex request_mutex;

// Takes the answer, or withdraws the question.
std::size_t wait_for_answer(std::span<std::uintptr_t> out) noexcept {
  const std::int64_t deadline = os::monotonic_nanos() + kPatienceNanos;
  while (true) {
    std::uint32_t state = the_request.state.load(std::memory_order_acquire);
    if (state == 3) break;
    if (os::futex_wait_until(the_request.state, state, deadline)) continue;
    if (state == 1 && the_request.state.compare_exchange_strong(state, 0, std::memory_order_acq_rel)) return 0;
    if (os::monotonic_nanos() > deadline + kPatienceNanos * 5)
      return 0;  // it hangs in the unwinder; the request stays taken
  }
  const std::size_t count = std::min(the_request.count, out.size());
  std::copy_n(the_request.addresses.begin(), count, out.begin());
  the_request.state.store(0, std::memory_order_release);
  return count;
}

// 0: none.
std::int32_t thread_of(const Goroutine& g) noexcept {
  if (g.is_thread) return static_cast<std::int32_t>(g.id.load(std::memory_order_relaxed));
  const Machine* m = g.machine.load(std::memory_order_acquire);
  return m == nullptr ? 0 : m->thread_id;
}

std::size_t ask(const Goroutine& g, std::int32_t thread_id, std::span<std::uintptr_t> out) noexcept {
  const std::scoped_lock one_at_a_time(request_mutex);
  if (the_request.state.load(std::memory_order_acquire) != 0) return 0;
  the_request.wanted.store(&g, std::memory_order_relaxed);
  the_request.state.store(1, std::memory_order_release);
  if (!interrupt_thread(thread_id)) {
    the_request.state.store(0, std::memory_order_release);
    return 0;
  }
  return wait_for_answer(out);
}

}  // namespace

bool answer_stack_request() noexcept {
  const detail::MachineHead* m = detail::current_machine();
  const Goroutine* current = m == nullptr ? stand_in_if_any() : m->g.load(std::memory_order_relaxed);
  std::uint32_t asked = 1;
  if (current == nullptr || current != the_request.wanted.load(std::memory_order_relaxed) ||
      !the_request.state.compare_exchange_strong(asked, 2, std::memory_order_acq_rel)) {
    return false;
  }
  the_request.count = os::unwind_interrupted(the_request.addresses);
  the_request.state.store(3, std::memory_order_release);
  os::futex_wake(the_request.state);
  return true;
}

StackLook running_stack(const Goroutine& g, std::span<std::uintptr_t> out) noexcept {
  if (detail::on_goroutine() && detail::self() == &g) return {.count = os::unwind_here(out)};
  const std::int32_t thread_id = thread_of(g);
  if (thread_id == 0) return {};
  const os::SystemCall call = os::system_call_of(thread_id);
  StackLook look{.blocked = call.state != os::SystemCall::State::kNone};
  if (os::survives_signals(call)) {
    look.count = ask(g, thread_id, out);
  } else if (call.pc != 0 && !out.empty()) {
    out.front() = call.pc;
    look.count = 1;
  }
  return look;
}

void reset_running_stack_after_fork() noexcept {
  ::new (&request_mutex) std::mutex;  // its holder is gone
  the_request.state.store(0, std::memory_order_relaxed);
}

}  // namespace weft::sched
