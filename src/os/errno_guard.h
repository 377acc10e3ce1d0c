// Runtime code may run between a user's system call and the user's look at errno.
#pragma once

#include <cerrno>

namespace weft::os {

/// Puts errno back as it was. Not across a context switch: the goroutine's errno travels with it there.
class ErrnoGuard {
 public:
  ErrnoGuard() noexcept : saved_(errno) {}
  ~ErrnoGuard() { errno = saved_; }
  ErrnoGuard(const ErrnoGuard&) = delete;
  ErrnoGuard& operator=(const ErrnoGuard&) = delete;

 private:
  int saved_;
};

}  // namespace weft::os
