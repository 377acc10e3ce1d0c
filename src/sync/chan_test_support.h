// What the tests of channels and select share: running a body both ways, waiting for a waiter, counting objects.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "weft/chan.h"
#include "weft/detail/chan_core.h"
#include "weft/runtime.h"

namespace weft::testing {

/// Each test runs once on a goroutine and once on a plain thread; goroutines that it starts are goroutines both times.
enum class Where { kGoroutine, kThread };

inline std::string name_of(const ::testing::TestParamInfo<Where>& info) {
  return info.param == Where::kGoroutine ? "Goroutine" : "Thread";
}

class BothWays : public ::testing::TestWithParam<Where> {
 protected:
  void run(const std::function<void()>& body) const {
    if (GetParam() == Where::kGoroutine) {
      weft::run([&] { body(); });
    } else {
      body();
    }
  }
};

#define WEFT_BOTH_WAYS(suite) \
  INSTANTIATE_TEST_SUITE_P(, suite, ::testing::Values(Where::kGoroutine, Where::kThread), name_of)

template <class Predicate>
void wait_until(Predicate predicate) {
  while (!predicate()) weft::yield();
}

inline std::size_t length(const detail::WaitList& list) {
  std::size_t n = 0;
  for (const detail::Waiter* w = list.front(); w != nullptr; w = w->next) ++n;
  return n;
}

/// Waits until `n` goroutines or threads wait to send, or to receive, on `channel`: they have parked then.
inline void wait_for_senders(const detail::ChanHandle& channel, std::size_t n) {
  detail::ChanCore* core = detail::ChanAccess::core(channel);
  wait_until([&] {
    detail::Section section;
    detail::SpinGuard guard(core->lock);
    return length(core->senders) >= n;
  });
}
inline void wait_for_receivers(const detail::ChanHandle& channel, std::size_t n) {
  detail::ChanCore* core = detail::ChanAccess::core(channel);
  wait_until([&] {
    detail::Section section;
    detail::SpinGuard guard(core->lock);
    return length(core->receivers) >= n;
  });
}
inline bool sound(const detail::ChanHandle& channel) { return detail::ChanAccess::core(channel)->check(); }

/// Counts what happens to objects: every one made must be gone at the end, and moves are dear.
struct Census {
  std::atomic<int> alive{0};
  std::atomic<int> moves{0};
  std::atomic<int> copies{0};
};

/// Move-only, not default-constructible, knows whether it was moved from.
class Tracked {
 public:
  Tracked(Census& census, int number) : census_(&census), number_(number) { ++census_->alive; }
  Tracked(Tracked&& o) noexcept : census_(o.census_), number_(std::exchange(o.number_, -1)) {
    ++census_->alive;
    ++census_->moves;
  }
  Tracked& operator=(Tracked&& o) noexcept {
    number_ = std::exchange(o.number_, -1);
    ++census_->moves;
    return *this;
  }
  ~Tracked() { --census_->alive; }
  int number() const { return number_; }
  bool moved_from() const { return number_ == -1; }

 private:
  Census* census_;
  int number_;
};

/// A type whose move may throw, and does so when `fuse` reaches zero.
struct Fragile {
  explicit Fragile(int n, int* f = nullptr) : number(n), fuse(f) {}
  // NOLINTBEGIN(performance-noexcept-move-constructor): to throw is what it is for
  Fragile(Fragile&& o) : number(o.number), fuse(o.fuse) { burn(o); }
  Fragile& operator=(Fragile&& o) {
    number = o.number;
    fuse = o.fuse;
    burn(o);
    return *this;
  }
  // NOLINTEND(performance-noexcept-move-constructor)
  void burn(Fragile& o) {
    if (fuse != nullptr && --*fuse == 0) throw std::runtime_error("the move broke");
    o.number = -1;
  }
  int number;
  int* fuse;
};

}  // namespace weft::testing
