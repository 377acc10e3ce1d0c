#include "sched/dump.h"

#include <fmt/format.h>
#include <time.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

#include "base/fatal.h"
#include "os/membarrier.h"
#include "os/symbolize.h"
#include "os/thread.h"
#include "os/unwind.h"
#include "sched/claim.h"
#include "sched/long_runner.h"
#include "sched/running_stack.h"
#include "sched/scheduler.h"
#include "sched/stack_pool.h"
#include "sched/stand_in.h"
#include "weft/runtime.h"

namespace weft::sched {

using detail::Status;
using detail::WaitReason;

namespace {

constexpr std::size_t kMostFrames = 64;
constexpr std::size_t kClaimBatch = 16;

struct Frames {
  std::array<std::uintptr_t, kMostFrames> addresses;
  std::size_t count = 0;
  std::span<const std::uintptr_t> view() const noexcept { return {addresses.data(), count}; }
};

// So that a claim holds: see claim.h.
bool stands_still(Status status) noexcept { return status == Status::kParked || status == Status::kRunnable; }

Frames frames_of_claimed(const Goroutine& g) noexcept {
  Frames frames;
  frames.count = os::unwind_saved(g.context_sp, frames.addresses);
  return frames;
}

std::string waiting_time(detail::MonotonicNanos since) {
  const std::int64_t minutes = (coarse_now() - since) / 60'000'000'000;
  const std::int64_t seconds = (coarse_now() - since) / 1'000'000'000;
  if (minutes >= 1) return fmt::format(", {} minutes", minutes);
  return seconds >= 1 ? fmt::format(", {} s", seconds) : "";
}

detail::GoroutineName thread_name(std::uint64_t id) noexcept {
  const std::array<char, 16> given = os::thread_name(static_cast<std::int32_t>(id));
  detail::GoroutineName name{};
  std::transform(given.begin(), given.end(), name.begin(),
                 [](char c) { return c != '\0' && base::is_control(c) ? '?' : c; });
  return name;
}

// One membarrier for the batch; see claim.h.
void visit_batch(const VisitStack& visit, std::span<Goroutine*> batch) {
  std::array<DumpHeader, kClaimBatch> headers;
  std::array<Frames, kClaimBatch> frames;
  for (Goroutine* g : batch) g->claimed.store(true, std::memory_order_relaxed);
  os::membarrier();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    headers[i] = read_header(*batch[i], batch[i]->status.load(std::memory_order_acquire));
    if (stands_still(headers[i].status) && !headers[i].is_thread) frames[i] = frames_of_claimed(*batch[i]);
  }
  for (Goroutine* g : batch) g->claimed.store(false, std::memory_order_release);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Status status = headers[i].status;
    if (status == Status::kDead || status == Status::kFresh) continue;
    if (headers[i].is_thread) {
      if (status != Status::kParked) continue;  // what it does is not weft's to tell
      headers[i].name = thread_name(headers[i].id);
    }
    if (status == Status::kRunning || headers[i].is_thread) {
      const StackLook look = running_stack(*batch[i], frames[i].addresses);
      frames[i].count = look.count;
      headers[i].blocked = look.blocked;
    }
    visit(headers[i], frames[i].view());
  }
}

}  // namespace

const char* wait_reason_text(WaitReason reason) noexcept {
  switch (reason) {
    case WaitReason::kNone:
      return "waiting";
    case WaitReason::kChanSend:
      return "chan send";
    case WaitReason::kChanRecv:
      return "chan receive";
    case WaitReason::kChanSendNil:
      return "chan send (nil chan)";
    case WaitReason::kChanRecvNil:
      return "chan receive (nil chan)";
    case WaitReason::kSelect:
      return "select";
    case WaitReason::kSelectNoCases:
      return "select (no cases)";
    case WaitReason::kSleep:
      return "sleep";
    case WaitReason::kMutex:
      return "Mutex.lock";
    case WaitReason::kSharedMutexRead:
      return "SharedMutex.lock_shared";
    case WaitReason::kSharedMutexWrite:
      return "SharedMutex.lock";
    case WaitReason::kCondVar:
      return "CondVar.wait";
    case WaitReason::kWaitGroup:
      return "WaitGroup.wait";
    case WaitReason::kSemaphore:
      return "Semaphore.acquire";
    case WaitReason::kOnce:
      return "Once.call";
    case WaitReason::kJoin:
      return "Task.join";
    case WaitReason::kGroup:
      return "Group.wait";
    case WaitReason::kPoll:
      return "IO wait";
    case WaitReason::kPinnedMachine:
      return "pinned thread";
    case WaitReason::kSuspended:
      return "suspended";
    case WaitReason::kPoolQueue:
      return "WorkerPool.submit";
  }
  return "waiting";
}

DumpHeader read_header(const Goroutine& g, Status status) noexcept {
  DumpHeader header;
  header.is_thread = g.is_thread;
  header.id = g.id.load(std::memory_order_relaxed);
  header.name = detail::name_of(g);
  header.status = status;
  header.pinned = g.pinned_to.load(std::memory_order_relaxed) != nullptr;
  header.long_runner = g.long_runner.load(std::memory_order_relaxed);
  if (status != Status::kParked) return header;
  header.wait_reason = g.wait_reason;
  header.wait_on = g.wait_on;
  header.wait_since = g.wait_since;
  return header;
}

std::string describe_header(const DumpHeader& header) {
  std::string state;
  if (header.status == Status::kParked) {
    state = fmt::format("{}{}", wait_reason_text(header.wait_reason), waiting_time(header.wait_since));
    if (header.wait_on != nullptr) state += fmt::format(", on {}", fmt::ptr(header.wait_on));
  } else {
    state = header.status != Status::kRunning ? "runnable" : header.blocked ? "system call" : "running";
  }
  if (header.pinned) state += ", pinned to its thread";
  if (header.long_runner) state += ", long runner";
  const std::string name = header.name[0] != '\0' ? fmt::format(" \"{}\"", header.name.data()) : "";
  return fmt::format("{} {}{} [{}]:\n", header.is_thread ? "thread" : "goroutine", header.id, name, state);
}

bool is_machinery(std::string_view function) noexcept {
  constexpr std::string_view kPrefixes[] = {"weft::sched::", "weft::detail::park", "weft::os::futex_wait",
                                            "std::__invoke", "std::terminate",     "std::invoke_result",
                                            "__cxa_throw"};
  return std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                     [&](std::string_view prefix) { return function.starts_with(prefix); });
}

bool is_outermost(std::string_view function) noexcept {
  return function == "weft_context_start" || function == "weft::sched::goroutine_main()";
}

namespace {

void append_frame(std::string& text, std::uintptr_t address, const os::SourceLocation& at) {
  if (at.function.empty()) {
    text += fmt::format("{:#x}\n", address);
    if (!at.module.empty()) text += fmt::format("\t{}\n", at.module);
  } else if (at.file.empty()) {
    text += fmt::format("{}\n\t{} +{:#x}\n", at.function, at.module, at.offset);
  } else {
    text += fmt::format("{}\n\t{}:{} +{:#x}\n", at.function, at.file, at.line, at.offset);
  }
}

}  // namespace

void append_frames(std::string& text, std::span<const std::uintptr_t> return_addresses) {
  for (const std::uintptr_t address : return_addresses) {
    const os::SourceLocation at = os::symbolize(address, true);
    if (is_outermost(at.function)) break;
    if (!is_machinery(at.function)) append_frame(text, address, at);
  }
}

namespace {

class Batches {
 public:
  explicit Batches(const VisitStack& visit) : visit_(visit) {}

  void add(Goroutine* g) {
    const Status status = g->status.load(std::memory_order_acquire);
    if (status == Status::kDead || status == Status::kFresh) return;
    const auto generation = scheduler().fork_generation.load(std::memory_order_relaxed);
    if (g->fork_generation.load(std::memory_order_relaxed) != generation) return;
    batch_[count_++] = g;
    if (count_ == kClaimBatch) flush();
  }
  void flush() { visit_batch(visit_, {batch_.data(), std::exchange(count_, 0)}); }

 private:
  const VisitStack& visit_;
  std::array<Goroutine*, kClaimBatch> batch_;
  std::size_t count_ = 0;
};

}  // namespace

void visit_stacks(const VisitStack& visit) {
  Batches batches(visit);
  stack_pool().for_each([&](Goroutine* g) { batches.add(g); });
  batches.flush();
}

void visit_waiting_threads(const VisitStack& visit) {
  Batches batches(visit);
  for (StandIn* thread = newest_stand_in(); thread != nullptr; thread = thread->made_before) {
    if (thread->status.load(std::memory_order_acquire) == Status::kParked) batches.add(thread);
  }
  batches.flush();
}

void write_dump(int fd) noexcept {
  try {
    const VisitStack write = [fd](const DumpHeader& header, std::span<const std::uintptr_t> return_addresses) {
      std::string text = describe_header(header);
      append_frames(text, return_addresses);
      text += '\n';
      base::write_all(fd, text);
    };
    visit_stacks(write);
    visit_waiting_threads(write);
  } catch (...) {
    base::write_all(fd, "weft: the dump ends here: out of memory\n");
  }
}

void wait_out_claim_slow(Goroutine& g) noexcept {
  while (g.claimed.load(std::memory_order_acquire)) {
    const timespec nap{0, 20'000};
    ::nanosleep(&nap, nullptr);
  }
}

}  // namespace weft::sched

namespace weft {

void dump_goroutines(int fd) {
  sched::write_dump(fd);
  sched::write_long_runners(fd);
}

}  // namespace weft
