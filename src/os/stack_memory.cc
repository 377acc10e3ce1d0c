#include "os/stack_memory.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <atomic>
#include <cerrno>
#include <cstdint>

#include "os/errno_guard.h"

namespace weft::os {
namespace {

constexpr int kAdviseGuardInstall = 102;  // MADV_GUARD_INSTALL; older headers lack it
constexpr int kAdvisePopulateRead = 22;   // MADV_POPULATE_READ, likewise
constexpr std::size_t kMostRangesACall = 64;

// Who first needs a guard finds out; later threads may find out too and agree.
std::atomic<int> marker_support{-1};

constexpr int kPidfdSelf = -10000;  // PIDFD_SELF; a real pidfd would still name the parent after a fork

// One madvise a range, where process_madvise does not take a batch for oneself (before kernel 6.15).
bool advise_each(std::span<const PageRange> ranges, int advice) noexcept {
  for (const PageRange& range : ranges) {
    if (::madvise(range.address, range.bytes, advice) != 0) return false;
  }
  return true;
}

bool advise_batch(std::span<const PageRange> ranges, int advice) noexcept {
  static std::atomic<bool> batches_work{true};
  while (!ranges.empty()) {
    const std::span<const PageRange> part =
        ranges.first(ranges.size() < kMostRangesACall ? ranges.size() : kMostRangesACall);
    ranges = ranges.subspan(part.size());
    iovec vectors[kMostRangesACall];
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < part.size(); ++i) {
      vectors[i] = {part[i].address, part[i].bytes};
      bytes += part[i].bytes;
    }
    if (part.size() > 1 && batches_work.load(std::memory_order_relaxed)) {
      const long done = ::syscall(SYS_process_madvise, kPidfdSelf, vectors, part.size(), advice, 0);
      if (done == static_cast<long>(bytes)) continue;
      if (done < 0) batches_work.store(false, std::memory_order_relaxed);
    }
    if (!advise_each(part, advice)) return false;
  }
  return true;
}

// An emulator may say yes to any advice and do nothing (qemu-user does): pages that can be touched are no guards.
bool are_guards(const PageRange& range) noexcept {
  return ::madvise(range.address, range.bytes, kAdvisePopulateRead) != 0 && errno == EFAULT;
}

bool guard_by_mprotect(std::span<const PageRange> ranges) noexcept {
  for (const PageRange& range : ranges) {
    if (::mprotect(range.address, range.bytes, PROT_NONE) != 0) return false;
  }
  return true;
}

}  // namespace

std::size_t page_bytes() noexcept {
  static const auto bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

void* reserve_memory(std::size_t bytes, std::size_t alignment) noexcept {
  const ErrnoGuard guard;
  bytes = (bytes + page_bytes() - 1) & ~(page_bytes() - 1);
  void* raw =
      ::mmap(nullptr, bytes + alignment, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  const auto start = reinterpret_cast<std::uintptr_t>(raw);
  const std::uintptr_t aligned = (start + alignment - 1) & ~(alignment - 1);
  if (aligned != start) ::munmap(raw, aligned - start);
  const std::uintptr_t end = aligned + bytes;
  if (start + bytes + alignment != end) ::munmap(reinterpret_cast<void*>(end), start + bytes + alignment - end);
  ::madvise(reinterpret_cast<void*>(aligned), bytes, MADV_NOHUGEPAGE);
  return reinterpret_cast<void*>(aligned);
}

bool install_guards(std::span<const PageRange> ranges) noexcept {
  const ErrnoGuard guard;
  const int support = marker_support.load(std::memory_order_relaxed);
  if (support != 0) {
    const bool advised = advise_batch(ranges, kAdviseGuardInstall);
    if (advised && (support == 1 || ranges.empty() || are_guards(ranges.front()))) {
      marker_support.store(1, std::memory_order_relaxed);
      return true;
    }
    if (!advised && support == 1 && errno != EINVAL) return false;
    marker_support.store(0, std::memory_order_relaxed);
  }
  return guard_by_mprotect(ranges);
}

GuardKind guard_kind() noexcept {
  return marker_support.load(std::memory_order_relaxed) == 0 ? GuardKind::kMprotect : GuardKind::kMarker;
}

void force_mprotect_guards_for_testing() noexcept { marker_support.store(0, std::memory_order_relaxed); }

void release_pages(std::span<const PageRange> ranges) noexcept {
  const ErrnoGuard guard;
  advise_batch(ranges, MADV_DONTNEED);
}

}  // namespace weft::os
