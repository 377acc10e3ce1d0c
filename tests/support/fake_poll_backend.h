// A poller without a kernel, over connections in memory: for the models, and to show that the contract can be kept.
//
// Its descriptors are numbers of its own. What it does is short and under one lock, but for the bell, which may ring in
// a signal handler.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "os/futex.h"
#include "os/poll_backend.h"
#include "weft/detail/spin_lock.h"

namespace weft::os {

class FakePollBackend final : public PollBackend {
 public:
  static constexpr int kCapacity = 64;  // bytes under way in each direction

  explicit FakePollBackend(std::size_t most_descriptors) : ends_(most_descriptors) {}

  // The connections.
  std::array<int, 2> connect() noexcept {
    const detail::SpinGuard guard(lock_);
    const int one = open_locked(), other = open_locked();
    at(one).peer = other;
    at(other).peer = one;
    return {one, other};
  }
  /// How many bytes there was room for.
  int write(int end, int bytes) noexcept {
    const detail::SpinGuard guard(lock_);
    End& peer = peer_of(end);
    const int written = std::min(bytes, kCapacity - peer.arrived);
    peer.arrived += written;
    if (written > 0) note_locked(peer, kReadable);
    return written;
  }
  int read(int end, int bytes) noexcept {
    const detail::SpinGuard guard(lock_);
    const int taken = std::min(bytes, at(end).arrived);
    if (taken > 0 && at(end).arrived == kCapacity) note_locked(peer_of(end), kWritable);
    at(end).arrived -= taken;
    return taken;
  }
  void end_writing(int end) noexcept { mark_peer(end, kReadable | kExceptional); }
  void reset(int end) noexcept { mark_peer(end, kReadable | kWritable | kExceptional); }
  /// Forgets nothing that was added: that is for remove(), before.
  void close(int end) noexcept {
    const detail::SpinGuard guard(lock_);
    at(end) = {};
  }

  void hush() noexcept { news_.fetch_and(~kRung); }

  int open() noexcept override {
    open_ = true;
    return 0;
  }
  bool is_open() const noexcept override { return open_; }

  int add(int descriptor, void* tag) noexcept override {
    const detail::SpinGuard guard(lock_);
    if (descriptor < 0 || !at(descriptor).in_use) return EBADF;
    End& end = at(descriptor);
    end.tag = tag;
    note_locked(end, state_of(end));
    return 0;
  }
  void remove(int descriptor) noexcept override {
    const detail::SpinGuard guard(lock_);
    at(descriptor).tag = nullptr;
    at(descriptor).untold = 0;
  }

  int wait(Readiness (&ready)[kMostAtOnce], std::int64_t deadline_nanos) noexcept override {
    const std::uint32_t seen = news_.load();
    if (const int filled = harvest(ready); deadline_nanos == 0 || filled != 0) return filled;
    if ((seen & kRung) == 0) {
      if (deadline_nanos == INT64_MAX) {
        futex_wait(news_, seen);
      } else {
        futex_wait_until(news_, seen, deadline_nanos);
      }
      if (const int filled = harvest(ready); filled != 0) return filled;
    }
    hush();
    return 0;
  }

  void ring() noexcept override {
    news_.fetch_or(kRung);
    futex_wake(news_);
  }

  void reopen_after_fork() noexcept override {
    for (End& end : ends_) end.tag = nullptr;
    hush();
  }

 private:
  static constexpr unsigned kReadable = 1, kWritable = 2, kExceptional = 4;
  static constexpr std::uint32_t kRung = 1, kEdge = 2;

  struct End {
    bool in_use = false;
    int peer = -1;
    int arrived = 0;
    unsigned marks = 0;   // what stays: an end, an error
    unsigned untold = 0;  // edges, with a tag
    void* tag = nullptr;
  };

  int open_locked() noexcept {
    int number = 0;
    while (at(number).in_use) ++number;
    at(number).in_use = true;
    most_ = std::max(most_, number + 1);
    return number;
  }
  End& at(int end) noexcept { return ends_[static_cast<std::size_t>(end)]; }
  End& peer_of(int end) noexcept { return at(at(end).peer); }
  unsigned state_of(End& end) noexcept {
    const bool room = at(end.peer).arrived < kCapacity;
    return end.marks | (end.arrived > 0 ? kReadable : 0) | (room ? kWritable : 0);
  }
  void mark_peer(int end, unsigned marks) noexcept {
    const detail::SpinGuard guard(lock_);
    peer_of(end).marks |= marks;
    note_locked(peer_of(end), marks);
  }
  void note_locked(End& end, unsigned edges) noexcept {
    if (end.tag == nullptr || edges == 0) return;
    end.untold |= edges;
    news_.fetch_add(kEdge);
    futex_wake(news_);
  }
  int harvest(Readiness (&ready)[kMostAtOnce]) noexcept {
    const detail::SpinGuard guard(lock_);
    int filled = 0;
    for (int i = 0; i < most_ && filled < kMostAtOnce; ++i) {
      End& end = at(i);
      if (end.untold == 0) continue;
      const unsigned told = end.untold;
      end.untold = 0;
      ready[filled++] = {end.tag, (told & kReadable) != 0, (told & kWritable) != 0, (told & kExceptional) != 0};
    }
    return filled;
  }

  detail::SpinLock lock_;
  detail::Atomic<std::uint32_t> news_{0};  // what a wait sleeps on: how many edges, and whether the bell rings
  bool open_ = false;
  int most_ = 0;
  std::vector<End> ends_;
};

}  // namespace weft::os
