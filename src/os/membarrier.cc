#include "os/membarrier.h"

#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fatal.h"
#include "os/errno_guard.h"
#include "weft/detail/spin_lock.h"

namespace weft::os {
namespace {

detail::Atomic<int> membarrier_works{-1};  // -1 not asked yet

// Taking write permission from a page that was just written makes the kernel flush it from every core that runs this
// process, which is a full barrier there.
void barrier_by_mprotect() noexcept {
  static detail::SpinLock lock;
  static volatile char* page = nullptr;
  const detail::SpinGuard guard(lock);
  if (page == nullptr) {
    void* p = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) base::fatal("no memory for the barrier page");
    page = static_cast<volatile char*>(p);
  }
  void* address = const_cast<char*>(page);
  ::mprotect(address, 4096, PROT_READ | PROT_WRITE);
  page[0] = 1;
  ::mprotect(address, 4096, PROT_READ);
}

}  // namespace

bool register_membarrier() noexcept {
  const bool works = ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  membarrier_works.store(works ? 1 : 0, std::memory_order_release);
  return works;
}

void membarrier() noexcept {
  const ErrnoGuard guard;
  detail::fence_seq_cst();
  int works = membarrier_works.load(std::memory_order_acquire);
  if (works < 0) works = register_membarrier() ? 1 : 0;
  if (works == 1 && ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0) return;
  barrier_by_mprotect();
}

}  // namespace weft::os
