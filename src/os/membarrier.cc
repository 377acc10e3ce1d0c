// REJECTED   taking write permission from a written page by mprotect, whose flush of the other cores' TLBs used to be
//            an interrupt, and so a barrier: AArch64 tells the cores over the bus and interrupts nobody, and so do new
//            x86-64 cores (INVLPGB, Linux 6.15)
//            a fence in every Section where membarrier is refused: all would pay with a load and a branch for the few
#include "os/membarrier.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <array>
#include <climits>
#include <cstddef>

#include "base/fatal.h"
#include "os/errno_guard.h"
#include "weft/detail/atomic.h"

namespace weft::os {
namespace {

enum class Way : std::uint8_t { kUnknown, kSystemCall, kVisits, kNone };

// Who asks first finds out; later ones may find out too and agree.
constinit detail::Atomic<Way> the_way{Way::kUnknown};

// A bit a CPU, as wide as any kernel's mask.
using CpuMask = std::array<unsigned long, 8192 / (sizeof(unsigned long) * CHAR_BIT)>;

long read_affinity(CpuMask& mask) noexcept { return ::syscall(SYS_sched_getaffinity, 0, sizeof mask, mask.data()); }

bool write_affinity(const CpuMask& mask, long bytes) noexcept {
  return ::syscall(SYS_sched_setaffinity, 0, bytes, mask.data()) == 0;
}

// Runs on every CPU in turn. A thread that was running on one had to leave it for that, and a context switch is a full
// barrier; one that has begun to run since the caller's fence sees what was stored before it. Those CPUs on which this
// process may not run refuse.
bool visit_every_cpu() noexcept {
  constexpr std::size_t kBits = sizeof(unsigned long) * CHAR_BIT;
  CpuMask before{}, one{};
  const long bytes = read_affinity(before);
  if (bytes <= 0) return false;
  bool visited = false;
  for (std::size_t cpu = 0; cpu < static_cast<std::size_t>(bytes) * CHAR_BIT; ++cpu) {
    one[cpu / kBits] = 1ul << (cpu % kBits);
    if (write_affinity(one, bytes)) visited = true;
    one[cpu / kBits] = 0;
  }
  if (visited) write_affinity(before, bytes);
  return visited;
}

Way find_way() noexcept {
  if (::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0) return Way::kSystemCall;
  return visit_every_cpu() ? Way::kVisits : Way::kNone;
}

}  // namespace

bool register_membarrier() noexcept {
  const ErrnoGuard guard;
  const Way way = find_way();
  the_way.store(way, std::memory_order_release);
  return way != Way::kNone;
}

void membarrier() noexcept {
  const ErrnoGuard guard;
  detail::fence_seq_cst();
  if (the_way.load(std::memory_order_acquire) == Way::kUnknown) register_membarrier();
  if (the_way.load(std::memory_order_acquire) == Way::kSystemCall &&
      ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0) {
    return;
  }
  if (!visit_every_cpu()) base::fatal("membarrier(2) and sched_setaffinity(2) are both refused");
  detail::fence_seq_cst();
}

void force_cpu_visits_for_testing() noexcept { the_way.store(Way::kVisits, std::memory_order_release); }

}  // namespace weft::os
