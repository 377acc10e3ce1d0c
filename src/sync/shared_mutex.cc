// Many readers or one writer, where readers that prevail write nothing that another processor reads.
//
// WORDS      biased     readers count in their processor's slot, with plain stores; else under lock_, in the central
//            counters
//            drain      a writer has announced itself and waits until the readers who were first have left
//
//   reader, biased:    slot.arrived += 1; barrier; biased still?    ...  slot.left += 1; barrier; biased still?
//   reader, unbiased:  lock_: no writer? central_arrived += 1       ...  lock_: central_left += 1; drained? wake
//   writer:            writers_.lock(); lock_: writer_ = true, biased = false; membarrier; drain
//                                                                   ...  admit readers; unlock
//
// INVARIANTS [rw.I1] readers inside = sum of arrived - sum of left, over the slots and the central pair. A reader may
//                    arrive in one and leave in another: goroutines move
//            [rw.I2] biased_slots_ => no writer_
//            [rw.I3] waiting_readers_ is not empty => writer_
//            [rw.I4] the sum is read left first, arrived second, so it is never too small; a reader that finds its
//                    arrival undone (P3) makes it too large for a moment, and then comes by reader_left() like any that
//                    leaves
// PROTOCOL   reader  [rw.P1] counts [rw.P2] compiler barrier [rw.P3] reads biased_slots_
//            writer  [rw.P4] biased_slots_ = null [rw.P5] membarrier [rw.P6] sums
//            Dekker's pair with the fence on the rare side: either P6 sees P1, or P3 sees P4 and the reader comes by
//            lock_
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
  if (writer_) return false;
  arrive_locked();
  return true;
}

bool SharedMutex::lock_shared_slow(MonotonicNanos deadline) noexcept {
  const Section section;
  lock_.lock();
  if (!writer_) {
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
  if (!draining_writer_.empty() && !readers_inside()) writer = draining_writer_.pop_claimed();
  lock_.unlock();
  if (writer != nullptr) detail::ready(writer->goroutine);
}

// P4, P5. After it no reader counts itself in but under lock_, which writer_ forbids.
void SharedMutex::revoke_bias() noexcept {
  lock_.lock();
  writer_ = true;
  reads_since_write_ = 0;
  const bool was_biased = biased_slots_.load(std::memory_order_relaxed) != nullptr;
  biased_slots_.store(nullptr, std::memory_order_relaxed);
  lock_.unlock();
  if (was_biased) os::membarrier();
}

// P6. False: the deadline has passed.
bool SharedMutex::wait_for_readers(MonotonicNanos deadline) noexcept {
  lock_.lock();
  while (readers_inside()) {
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
  revoke_bias();
  if (wait_for_readers(deadline)) return true;
  end_write();
  writers_.unlock();
  return false;
}

bool SharedMutex::try_lock() noexcept {
  const Section section;
  if (!writers_.try_lock()) return false;
  revoke_bias();
  if (!readers_inside()) return true;
  end_write();
  writers_.unlock();
  return false;
}

// Lets in the readers that waited, before any other writer.
void SharedMutex::end_write() noexcept {
  lock_.lock();
  writer_ = false;
  Waiter* first = nullptr;
  Waiter** last = &first;
  while (Waiter* reader = waiting_readers_.pop_claimed()) {
    add_one(central_arrived_);
    *last = reader;
    last = &reader->next;
  }
  lock_.unlock();
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
  end_write();
  writers_.unlock();
}

}  // namespace weft
