// The goroutine dump: every goroutine with state, wait reason, waiting time and stack.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "sched/goroutine.h"

namespace weft::sched {

/// Writes the dump; from any thread but not from a signal handler. Goroutines go on running while it is made; each
/// one's
/// stack is of one moment, the whole is not.
void write_dump(int fd) noexcept;

/// One goroutine as text: "goroutine 7 [chan receive, 3 minutes], name "x":" and the frames.
std::string describe_header(const detail::Goroutine& g, detail::Status status);
void append_frames(std::string& text, std::span<const std::uintptr_t> return_addresses);

const char* wait_reason_text(detail::WaitReason reason) noexcept;

}  // namespace weft::sched
