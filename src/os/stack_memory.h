// Address space for stacks: reserving it, guarding its low ends, giving pages back.
#pragma once

#include <cstddef>
#include <span>

namespace weft::os {

std::size_t page_bytes() noexcept;

/// Reserves `bytes` of private, zero, uncommitted memory, aligned to `alignment`; null when there is no address space.
/// Never backed by huge pages: one touch of a stack would cost 2 MiB.
void* reserve_memory(std::size_t bytes, std::size_t alignment) noexcept;

/// One stretch of pages.
struct PageRange {
  void* address;
  std::size_t bytes;
};

/// How guard pages are made on this kernel.
enum class GuardKind { kMarker, kMprotect };

/// Turns the ranges into guards: touching one is a SIGSEGV. For ever. Markers (kernel 6.13) cost no mapping; the
/// mprotect fallback costs one each of vm.max_map_count (65,530 by default, two a stack).
///
/// Returns false, with some ranges perhaps guarded, when the kernel has no mapping left.
bool install_guards(std::span<const PageRange> ranges) noexcept;
GuardKind guard_kind() noexcept;
void force_mprotect_guards_for_testing() noexcept;

/// Gives the pages back; they read as zero from then on. In one system call where the kernel can.
void release_pages(std::span<const PageRange> ranges) noexcept;

}  // namespace weft::os
