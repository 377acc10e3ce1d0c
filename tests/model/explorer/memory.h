// explorer/memory.h: the memory that a model's threads see: C++20's orderings by views.
//
// WORDS      message   one store to a location: value, and the view it hands to who acquires it
//            stamp     a message's place in its location's modification order
//            view      for each location the oldest stamp that may still be read; for each thread how far it is known
// RULES      [memory.R1] a load may read any message from the thread's view on: stale values are explored
//            [memory.R2] a read-modify-write reads the newest message, and hands on what it read (release sequences)
//            [memory.R3] release: the message carries the thread's view, else the view of its last release fence;
//                        acquire: the message's view joins the thread's, else it waits for the next fence
//            [memory.R4] a sequentially consistent fence exchanges the thread's view with one view for all; such a
//                        store enters that view, such a load reads nothing older than it
//            [memory.R5] membarrier is a full fence in its caller, and in every other thread at its last compiler
//                        barrier: what a thread did after that barrier may be moved by the compiler, and is not seen
// LIMITS     a store is the newest when it is made: executions that need a cycle of modification orders (2+2W) or
//            values out of thin air are not there. x86 has neither; AArch64 has the first.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "explorer/operation.h"

namespace model {

struct View {
  std::array<Stamp, kMaxLocations> oldest{};
  std::array<std::uint32_t, kMaxThreads> known{};

  void join(const View& other) noexcept;
  void join_stamps(const View& other) noexcept;
};

struct Message {
  std::uint64_t value;
  View view;
};

/// What one thread knows of the memory.
struct ThreadMemory {
  View now;                 // what it may still read
  View read;                // what its relaxed loads would have acquired: joined by the next fence
  View released;            // `now` at its last release fence
  View at_barrier;          // `now` at its last compiler barrier [memory.R5]
  View pushed;              // from others' membarriers: joined at the next compiler barrier
  std::uint32_t epoch = 1;  // its own place in View::known
};

struct Lock {
  int holder = -1;
  View view;
};

class Memory {
 public:
  void reset();
  int add_location(std::uint64_t initial);
  int add_lock();

  ThreadMemory& thread(int index) { return threads_[static_cast<std::size_t>(index)]; }
  Lock& lock(int index) { return locks_[static_cast<std::size_t>(index)]; }
  const std::vector<Message>& messages(int location) const { return locations_[static_cast<std::size_t>(location)]; }
  Stamp newest(int location) const { return static_cast<Stamp>(messages(location).size() - 1); }
  std::uint64_t& newest_value(int location) { return locations_[static_cast<std::size_t>(location)].back().value; }

  /// Appends the stamps that a load may read, the newest first.
  void readable(int thread, int location, bool sequential, std::vector<Choice>& stamps) const;

  std::uint64_t load(int thread, int location, Stamp stamp, std::memory_order order);
  Stamp store(int thread, int location, std::uint64_t value, std::memory_order order);
  /// Reads the newest message and writes `value` after it.
  Stamp replace(int thread, int location, std::uint64_t value, std::memory_order order);

  void fence(int thread);
  void compiler_barrier(int thread);
  void membarrier(int thread, int threads);
  void acquire(int thread, const View& from) { this->thread(thread).now.join(from); }
  void release(int thread, View& into);

  /// The thread's view of `location` ends at the newest message.
  void catch_up(int thread, int location);

 private:
  Stamp append(int thread, int location, std::uint64_t value, View view, std::memory_order order);

  std::array<ThreadMemory, kMaxThreads> threads_;
  std::vector<std::vector<Message>> locations_;
  std::vector<Lock> locks_;
  std::size_t used_locations_ = 0;
  View sequential_;
};

}  // namespace model
