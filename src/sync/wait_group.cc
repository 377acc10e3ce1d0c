// STATES     counter > 0            adds and dones are one fetch_add each
//            counter > 0, kWaited   somebody has waited since the counter was last zero, and may still
//            counter = 0, kWaited   the done() that reached zero is on its way to the list
//            0                      at rest
// INVARIANTS [wg.I1] kWaited is set under list_lock_ while the counter is not zero, and cleared under it by the done()
//                    that brought the counter to zero
//            [wg.I2] no done() touches the group after a wait() has let its owner destroy it: a wait() passes
//                    list_lock_, so the waking done() has left it, and it parks rather than return while kWaited is set
#include "weft/sync/wait_group.h"

#include <string>

#include "weft/detail/chan_core.h"
#include "weft/error.h"

namespace weft {

using detail::Section;

namespace {

constexpr std::int64_t kMaxCount = INT32_MAX;

[[noreturn]] void throw_bad_count(std::int64_t count, std::int64_t n) {
  throw usage_error("weft::WaitGroup::add(" + std::to_string(n) + "): the counter would become " +
                    std::to_string(count + n) + "; allowed is 0 to " + std::to_string(kMaxCount));
}

}  // namespace

void WaitGroup::add(std::int64_t n) {
  if (n > kMaxCount || n < -kMaxCount) throw_bad_count(count(), n);
  const std::int64_t before = state_.fetch_add(n * kOne, std::memory_order_acq_rel);
  const std::int64_t count = before >> 1;
  if (count + n < 0 || count + n > kMaxCount) {
    state_.fetch_sub(n * kOne, std::memory_order_relaxed);
    throw_bad_count(count, n);
  }
  if (n < 0 && count + n == 0 && (before & kWaited) != 0) wake_waiters();
}

void WaitGroup::done_slow(std::int64_t before) {
  if (before < kOne) {
    state_.fetch_add(kOne, std::memory_order_relaxed);
    throw usage_error("weft::WaitGroup::done: the counter is 0, done() was called more often than add() counted");
  }
  if ((before & kWaited) != 0) wake_waiters();
}

void WaitGroup::wake_waiters() noexcept {
  const Section section;
  list_lock_.lock();
  state_.fetch_and(~kWaited, std::memory_order_relaxed);
  detail::wake_all_unlock(list_lock_, waiters_);
}

// Sets kWaited under list_lock_. False: the counter is zero and nobody is on the way.
bool WaitGroup::announce_locked(std::int64_t& state) noexcept {
  state = state_.load(std::memory_order_acquire);  // pairs with done()
  while (state != 0 && (state & kWaited) == 0) {
    if (state_.compare_exchange_weak(state, state | kWaited, std::memory_order_acq_rel, std::memory_order_acquire))
      break;
  }
  return state != 0;
}

bool WaitGroup::wait_limited(detail::WaitLimits limits) noexcept {
  const Section section;
  while (true) {
    std::int64_t state = 0;
    list_lock_.lock();
    if (!announce_locked(state)) {
      list_lock_.unlock();
      return true;
    }
    if (state < kOne) limits = {};  // [wg.I2]: the done() that reached zero will soon wake us
    detail::Waiter waiter;
    const detail::WaitEnd end =
        detail::wait_in_list(list_lock_, waiters_, waiter, limits, {detail::WaitReason::kWaitGroup, this});
    if (end == detail::WaitEnd::kWoken) return true;
    if (count() != 0) return false;
  }
}

void WaitGroup::wait(const Context& ctx, std::error_code& ec) noexcept {
  ec.clear();
  if (!wait_limited({.done = detail::context_done(ctx)})) ec = ctx.error();
}

}  // namespace weft
