// explorer/plain_access.h: data races on plain memory, and uses of freed memory, in the product's own code.
//
// The models are compiled with -fsanitize=thread and linked without its runtime: the compiler then announces each plain
// read and write, and plain_access.cc answers. A race is two accesses to the same bytes by different threads, one of
// them a write, neither before the other by the happens-before that the views carry. Of older accesses of one thread to
// one word only the newest read and the newest write are remembered.
//
// Freeing is a write to all of it, and races with atomic accesses and locks in it as well: whoever may still touch them
// must come before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "explorer/operation.h"

namespace model {

struct View;

class PlainAccesses {
 public:
  PlainAccesses();
  void reset() { ++generation_; }

  /// Notes an access by `thread`, whose own place in its view is `epoch`. Returns what breaks, or null.
  const char* note(int thread, std::uint32_t epoch, const View& view, std::uintptr_t address, std::size_t bytes,
                   bool write);
  /// Notes an access to an atomic or a lock.
  void note_atomic(int thread, std::uint32_t epoch, std::uintptr_t address);
  /// Returns what breaks, or null.
  const char* note_free(int thread, const View& view, std::uintptr_t address, std::size_t bytes);
  bool is_freed(std::uintptr_t address) { return cell_of(address & ~std::uintptr_t{7}).freed; }

 private:
  struct Access {
    std::uint32_t epoch = 0;
    std::uint8_t mask = 0;  // which of the word's bytes
  };
  struct Cell {
    std::uintptr_t word = 0;
    std::uint32_t generation = 0;
    bool freed = false;
    std::array<Access, kMaxThreads> reads;
    std::array<Access, kMaxThreads> writes;
    std::array<std::uint32_t, kMaxThreads> atomics{};  // epochs
  };
  Cell& cell_of(std::uintptr_t word);
  const char* note_word(int thread, std::uint32_t epoch, const View& view, std::uintptr_t word, std::uint8_t mask,
                        bool write);

  std::vector<Cell> cells_;
  std::uint32_t generation_ = 0;
};

/// operator delete tells that memory of the arena is gone.
void note_free(std::uintptr_t address, std::size_t bytes) noexcept;

}  // namespace model
