// explorer/shim.h: what the shadow headers (tests/model/shadow) put in the place of atomics, locks, park and ready.
#pragma once

#include <atomic>
#include <cstdint>

#include "explorer/operation.h"

namespace model {

/// An atomic's storage. It enters the execution's memory when it is first used in it.
struct Word {
  std::uint64_t initial = 0;
  std::uint32_t execution = 0;
  int location = -1;
};

std::uint64_t load(Word& word, std::memory_order order);
void store(Word& word, std::uint64_t value, std::memory_order order);
std::uint64_t read_modify_write(Word& word, std::uint64_t operand, Modify modify, std::memory_order order);
/// A weak one that never fails by accident is a strong one.
bool compare_exchange(Word& word, std::uint64_t& expected, std::uint64_t desired, std::memory_order success,
                      std::memory_order failure);

void fence_seq_cst();
void compiler_barrier();
void membarrier();
/// The end of a spin loop's turn: the thread goes on when something that it has read since the last one has changed.
void relax();

struct LockWord {
  std::uint32_t execution = 0;
  int index = -1;
};
void lock(LockWord& word);
bool try_lock(LockWord& word);
void unlock(LockWord& word);

/// Waits until ready(this thread); the two pair one to one, in either order.
void park();
void ready(int thread);

}  // namespace model
