// Many readers or one writer, where readers that prevail write nothing that another processor reads.
//
// WORDS      biased     readers count in their processor's slot, with plain stores; else under lock_, in the central
//            counters
//            drain      a writer has announced itself and waits until the readers who were first have left
//
//   reader, biased:    slot.arrived += 1; barrier; biased still?    ...  leaving = true; barrier; biased still?
//                                                                        slot.left += 1; leaving = false
//   reader, unbiased:  lock_: no writer? central_arrived += 1       ...  lock_: central_left += 1; drained? wake
//   writer:            writers_.lock(); lock_: announced += 1, biased = false; membarrier; leavers gone; drain
//                                                                   ...  writers_.unlock(); lock_: announced -= 1
//
// INVARIANTS [rw.I1] readers inside = sum of arrived - sum of left, over the slots and the central pair. A reader may
//                    arrive in one and leave in another: goroutines move
//            [rw.I2] biased_slots_ => writers_announced_ = 0
//            [rw.I3] waiting_readers_ is not empty => writers_announced_ > 0
//            [rw.I4] the sum is read left first, arrived second, so it is never too small; a reader that finds its
//                    arrival undone (P3) makes it too large for a moment, and then comes by reader_left()
//            [rw.I5] the last that an unlock touches is lock_, or a slot's `leaving`. Whoever locks after it has taken
//                    lock_ since, and a writer has waited for `leaving`: so it may destroy the mutex
// PROTOCOL   reader  [rw.P1] counts [rw.P2] compiler barrier [rw.P3] reads biased_slots_
//            writer  [rw.P4] biased_slots_ = null [rw.P5] membarrier [rw.P6] sums
//            Dekker's pair with the fence on the rare side: either P6 sees P1, or P3 sees P4 and the reader comes by
//            lock_
//            leaver  [rw.P7] leaving = true [rw.P8] reads biased_slots_; counts itself out if it is set, else comes by
//                    lock_ [rw.P9] leaving = false
//            writer  P4, P5, then waits until no slot is being left: who leaves later sees P4
//            The next writer may come between an unlock's two halves. It announces itself, and waits like for a reader
// POLICY     bias comes back after kBiasAfter reads under lock_ without a write, so that the writers' membarriers cost
//            readers and writers together a bounded share (the first time after fewer: a lock that is only read)
// SOURCE     Dice and Kogan, BRAVO, USENIX ATC 2019. There the table of visible readers is global and each entry is
//            taken with a CAS; here a Section makes the slot exclusive, and counters instead of pointers let a reader
//            leave elsewhere
// REJECTED   [rw.R1] a global table: two locks that hash to one slot slow each other, and a goroutine that moved cannot
//            find it
// FAIRNESS   the writers' Mutex bounds how long one is overtaken; end_write() admits the readers that waited before it
//            lets the next writer in
#include "weft/sync/shared_mutex.h"

#include <new>

#include "base/backoff.h"
#include "os/membarrier.h"
#include "weft/error.h"
#include "weft/runtime.h"

namespace weft {

using detail::MonotonicNanos;
using detail::Section;
using detail::SpinGuard;
using detail::WaitEnd;
using detail::Waiter;
using detail::WaitReason;

SharedMutex::~SharedMutex() { delete[] first_slot_; }

// [rw.I4]
bool SharedMutex::readers_inside() const noexcept {
  const std::uint32_t count = slot_count_.load(std::memory_order_acquire);
  std::uint64_t left = central_left_.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count; ++i) left += first_slot_[i].left.load(std::memory_order_acquire);
  std::uint64_t arrived = central_arrived_.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count; ++i) arrived += first_slot_[i].arrived.load(std::memory_order_acquire);
  return arrived != left;
}

void SharedMutex::throw_no_reader() {
  throw usage_error("weft::SharedMutex::unlock_shared: no reader holds the mutex");
}

// A processor that comes later finds no slot and counts centrally.
void SharedMutex::allocate_slots_locked() noexcept {
  if (first_slot_ != nullptr) return;
  const auto count = static_cast<std::uint32_t>(max_procs());
  first_slot_ = new (std::nothrow) Slot[count];
  if (first_slot_ != nullptr) slot_count_.store(count, std::memory_order_release);
}

// Counts a reader in, and turns the bias on when reads prevail.
void SharedMutex::arrive_locked() noexcept {
  add_one(central_arrived_);
  if (++reads_since_write_ < bias_after_) return;
  reads_since_write_ = 0;
  bias_after_ = kBiasAfter;
  if (!detail::on_goroutine()) return;
  allocate_slots_locked();
  if (first_slot_ != nullptr) biased_slots_.store(first_slot_, std::memory_order_release);  // pairs with enter_fast()
}

bool SharedMutex::try_lock_shared_slow() noexcept {
  const Section section;
  const SpinGuard guard(lock_);
  if (writers_announced_ != 0) return false;
  arrive_locked();
  return true;
}

bool SharedMutex::lock_shared_slow(MonotonicNanos deadline) noexcept {
  const Section section;
  lock_.lock();
  if (writers_announced_ == 0) {
    arrive_locked();
    lock_.unlock();
    return true;
  }
  // Whoever wakes it has counted it in.
  Waiter waiter;
  return detail::wait_in_list(lock_, waiting_readers_, waiter, {.deadline = deadline},
                              {WaitReason::kSharedMutexRead, this}) == WaitEnd::kWoken;
}

bool SharedMutex::leave_slow() noexcept {
  const Section section;
  lock_.lock();
  if (slot_count_.load(std::memory_order_relaxed) == 0 && !readers_inside()) {
    lock_.unlock();
    return false;
  }
  add_one(central_left_);
  wake_writer_unlock();
  return true;
}

void SharedMutex::reader_left() noexcept {
  lock_.lock();
  wake_writer_unlock();
}

void SharedMutex::wake_writer_unlock() noexcept {
  Waiter* writer = nullptr;
  if (!draining_writer_.empty() && drained_locked()) writer = draining_writer_.pop_claimed();
  lock_.unlock();
  if (writer != nullptr) detail::ready(writer->goroutine);
}

// P4, P5. After it no reader counts itself in but under lock_, which the announcement forbids.
void SharedMutex::announce_write() noexcept {
  lock_.lock();
  ++writers_announced_;
  reads_since_write_ = 0;
  const bool was_biased = biased_slots_.load(std::memory_order_relaxed) != nullptr;
  biased_slots_.store(nullptr, std::memory_order_relaxed);
  lock_.unlock();
  if (!was_biased) return;
  os::membarrier();
  wait_for_leavers();
}

// Each is a few instructions from P9, unless the kernel has put its thread aside.
void SharedMutex::wait_for_leavers() noexcept {
  const std::uint32_t count = slot_count_.load(std::memory_order_acquire);
  for (std::uint32_t i = 0; i < count; ++i) {
    detail::Backoff backoff;
    while (first_slot_[i].leaving.load(std::memory_order_acquire)) backoff.wait();  // pairs with P9
  }
}

// P6. False: the deadline has passed.
bool SharedMutex::wait_for_readers(MonotonicNanos deadline) noexcept {
  lock_.lock();
  while (!drained_locked()) {
    Waiter waiter;
    const WaitEnd end = detail::wait_in_list(lock_, draining_writer_, waiter, {.deadline = deadline},
                                             {WaitReason::kSharedMutexWrite, this});
    if (end != WaitEnd::kWoken) return false;
    lock_.lock();
  }
  lock_.unlock();
  return true;
}

bool SharedMutex::lock_until(MonotonicNanos deadline) noexcept {
  const Section section;
  if (!writers_.try_lock() && !writers_.acquire({.deadline = deadline}, {WaitReason::kSharedMutexWrite, this})) {
    return false;
  }
  announce_write();
  if (wait_for_readers(deadline)) return true;
  release_write();
  return false;
}

bool SharedMutex::try_lock() noexcept {
  const Section section;
  if (!writers_.try_lock()) return false;
  announce_write();
  lock_.lock();
  const bool drained = drained_locked();
  lock_.unlock();
  if (!drained) release_write();
  return drained;
}

// In this order: after the second half nothing is touched [rw.I5].
void SharedMutex::release_write() {
  writers_.unlock();
  end_write();
}

// Lets in the readers that waited, before the next writer, and that one if there were none.
void SharedMutex::end_write() noexcept {
  lock_.lock();
  --writers_announced_;
  Waiter* first = nullptr;
  Waiter** last = &first;
  while (Waiter* reader = waiting_readers_.pop_claimed()) {
    add_one(central_arrived_);
    *last = reader;
    last = &reader->next;
  }
  wake_writer_unlock();
  while (first != nullptr) {
    Waiter* next = first->next;
    detail::ready_tail(first->goroutine);
    first = next;
  }
}

void SharedMutex::unlock() {
  if ((writers_.state_.load(std::memory_order_relaxed) & Mutex::kLocked) == 0) {
    throw usage_error("weft::SharedMutex::unlock: the mutex is not locked for writing");
  }
  const Section section;
  release_write();
}

}  // namespace weft
