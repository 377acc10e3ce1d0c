// weft/sync/shared_mutex.h: SharedMutex, many readers or one writer.
// Not here: the plain lock (mutex.h), cheaper wherever reads are short and writes not rare. Guide: docs/guide/sync.md
#pragma once

#include <chrono>
#include <cstdint>

#include "weft/detail/atomic.h"
#include "weft/detail/deadline.h"
#include "weft/detail/leaf_section.h"
#include "weft/detail/park.h"
#include "weft/detail/wait.h"
#include "weft/sync/mutex.h"

namespace weft {

/// A reader-writer lock. SharedTimedLockable: std::shared_lock and std::unique_lock take it. Locks belong to nobody:
/// one goroutine may lock and another unlock. Not recursive: a reader that locks again while a writer waits waits for
/// itself.
///
/// Fairness       a waiting writer holds up new readers; the readers that waited for a writer go before the next writer
/// Ordering       as Mutex; what happens before unlock_shared() is visible after the next lock()
/// Cost           where reads prevail, a read lock and its unlock are a few plain stores to the processor's own cache
///                line, on any number of processors; the writer that ends such a stretch pays some microseconds. That
///                cache line a processor is allocated once reads are seen to prevail, and given back with the lock
class SharedMutex {
 public:
  constexpr SharedMutex() noexcept = default;
  ~SharedMutex();
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;

  /// Locks for writing. Blocking: the goroutine, never its thread; from a plain thread, the thread.
  void lock() noexcept { lock_until(detail::kNever); }
  bool try_lock() noexcept;
  template <class Rep, class Period>
  bool try_lock_for(std::chrono::duration<Rep, Period> timeout) {
    return timeout > timeout.zero() ? lock_until(detail::deadline_after(timeout)) : try_lock();
  }
  template <class Clock, class Duration>
  bool try_lock_until(std::chrono::time_point<Clock, Duration> deadline) {
    return lock_until(detail::deadline_at(deadline));
  }
  /// Usage faults   usage_error if it is not locked for writing
  void unlock();

  /// Locks for reading, together with other readers. Blocking as lock().
  void lock_shared() noexcept {
    if (!enter_fast()) lock_shared_slow(detail::kNever);
  }
  bool try_lock_shared() noexcept { return enter_fast() || try_lock_shared_slow(); }
  template <class Rep, class Period>
  bool try_lock_shared_for(std::chrono::duration<Rep, Period> timeout) {
    return try_lock_shared() || (timeout > timeout.zero() && lock_shared_slow(detail::deadline_after(timeout)));
  }
  template <class Clock, class Duration>
  bool try_lock_shared_until(std::chrono::time_point<Clock, Duration> deadline) {
    return try_lock_shared() || lock_shared_slow(detail::deadline_at(deadline));
  }
  /// Usage faults   usage_error if no reader holds it: noticed in debug builds, elsewhere until reads have prevailed
  /// once
  void unlock_shared() {
#ifndef NDEBUG
    if (!readers_inside()) throw_no_reader();
#endif
    if (!leave_fast() && !leave_slow()) throw_no_reader();
  }

 private:
  // A processor's count of arrivals and departures; only its holder writes, inside a Section.
  struct alignas(64) Slot {
    detail::Atomic<std::uint64_t> arrived{0};
    detail::Atomic<std::uint64_t> left{0};
    detail::Atomic<bool> leaving{false};
  };

  static void add_one(detail::Atomic<std::uint64_t>& counter) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  // Null: the caller's processor has none, or it is a plain thread.
  Slot* own_slot(Slot* slots) const noexcept {
    const auto index = static_cast<std::uint32_t>(detail::processor_index());  // -1 is beyond any count
    return index < slot_count_.load(std::memory_order_relaxed) ? slots + index : nullptr;
  }
  // [rw.P1] arrive, [rw.P2] compiler barrier, [rw.P3] look whether it still holds; see src/sync/shared_mutex.cc.
  bool enter_fast() noexcept {
    const detail::LeafSection section;
    Slot* slots = biased_slots_.load(std::memory_order_acquire);  // pairs with the release in which bias is turned on
    if (slots == nullptr) return false;
    Slot* slot = own_slot(slots);
    if (slot == nullptr) return false;
    add_one(slot->arrived);
    detail::compiler_barrier();  // partner: the membarrier in revoke_bias()
    if (biased_slots_.load(std::memory_order_acquire) != nullptr) [[likely]]
      return true;
    add_one(slot->left);
    reader_left();
    return false;
  }
  // [rw.P7]-[rw.P9]: the last it touches is `leaving`, for which a writer waits.
  bool leave_fast() noexcept {
    const detail::LeafSection section;
    Slot* slots = biased_slots_.load(std::memory_order_acquire);  // as above: it may have arrived in the central count
    if (slots == nullptr) return false;
    Slot* slot = own_slot(slots);
    if (slot == nullptr) return false;
    slot->leaving.store(true, std::memory_order_relaxed);
    detail::compiler_barrier();  // partner: the membarrier in wait_for_leavers()
    const bool biased = biased_slots_.load(std::memory_order_relaxed) != nullptr;
    if (biased) [[likely]]
      add_one(slot->left);
    slot->leaving.store(false, std::memory_order_release);  // pairs with wait_for_leavers()
    return biased;
  }

  bool lock_until(detail::MonotonicNanos deadline) noexcept;
  bool lock_shared_slow(detail::MonotonicNanos deadline) noexcept;
  bool try_lock_shared_slow() noexcept;
  void arrive_locked() noexcept;
  bool leave_slow() noexcept;
  void reader_left() noexcept;
  void wake_writer_unlock() noexcept;
  void announce_write() noexcept;
  void wait_for_leavers() noexcept;
  bool drained_locked() const noexcept { return writers_announced_ == 1 && !readers_inside(); }
  bool wait_for_readers(detail::MonotonicNanos deadline) noexcept;
  void release_write();
  void end_write() noexcept;
  bool readers_inside() const noexcept;
  [[noreturn]] static void throw_no_reader();
  void allocate_slots_locked() noexcept;

  detail::Atomic<Slot*> biased_slots_{nullptr};  // first_slot_ while readers count in slots; written under lock_
  detail::Atomic<std::uint32_t> slot_count_{0};  // written once, under lock_
  std::uint32_t writers_announced_ = 0;          // under lock_: who holds it or drains, and for a moment the next one
  Slot* first_slot_ = nullptr;                   // before slot_count_
  detail::SpinLock lock_;
  std::uint32_t reads_since_write_ = 0;               // under lock_
  std::uint32_t bias_after_ = kFirstBiasAfter;        // under lock_
  detail::Atomic<std::uint64_t> central_arrived_{0};  // readers without a slot; written under lock_
  detail::Atomic<std::uint64_t> central_left_{0};
  detail::WaitList draining_writer_;  // at most one
  detail::WaitList waiting_readers_;
  Mutex writers_;

  static constexpr std::uint32_t kFirstBiasAfter = 64;
  static constexpr std::uint32_t kBiasAfter = 1024;
};

}  // namespace weft
