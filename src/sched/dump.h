// The goroutine dump: every goroutine with state, wait reason, waiting time and stack; then, likewise, every plain
// thread that waits in a primitive.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "sched/goroutine.h"

namespace weft::sched {

/// Writes the dump; from any thread but not from a signal handler. Goroutines go on running while it is made; each
/// one's stack is of one moment, the whole is not.
void write_dump(int fd) noexcept;

/// What the dump says of a goroutine, or of a plain thread, beside its frames.
struct DumpHeader {
  bool is_thread = false;
  std::uint64_t id = 0;  // the thread's where it is one
  detail::GoroutineName name{};
  detail::Status status = detail::Status::kDead;
  bool blocked = false;  // it runs, in a system call that waits
  bool pinned = false;
  bool long_runner = false;
  detail::WaitReason wait_reason = detail::WaitReason::kNone;  // this and what follows: if it is parked
  const void* wait_on = nullptr;
  detail::MonotonicNanos wait_since = 0;
};

using VisitStack = std::function<void(const DumpHeader&, std::span<const std::uintptr_t>)>;

/// Calls `visit` with every goroutine and its return addresses, innermost first; each one's stack is of one moment, the
/// whole is not. From any thread but not from a signal handler; throws what `visit` throws.
void visit_stacks(const VisitStack& visit);
/// The same for the plain threads that wait in a primitive.
void visit_waiting_threads(const VisitStack& visit);

/// One that is parked must be claimed, for it might go on and write what is read here; of another anything is read that
/// is there at the moment.
DumpHeader read_header(const detail::Goroutine& g, detail::Status status) noexcept;

/// The line above the frames: "goroutine 7 "x" [chan receive, 3 minutes]:", "thread 4711 "main" [Mutex.lock, 3 s]:".
std::string describe_header(const DumpHeader& header);
/// The runtime's and the library's own frames between a user's call and the point where the stack was taken.
bool is_machinery(std::string_view function) noexcept;
/// A goroutine's outermost frames, the same for all.
bool is_outermost(std::string_view function) noexcept;
void append_frames(std::string& text, std::span<const std::uintptr_t> return_addresses);

const char* wait_reason_text(detail::WaitReason reason) noexcept;

}  // namespace weft::sched
