// INVARIANTS [sem.I1] 0 <= free_ <= capacity_; what is not free is held, or granted to somebody who was just woken
//            [sem.I2] at rest the oldest live waiter asks for more than is free. So whoever leaves the list otherwise
//                     than by being granted looks whether the next one can go now
#include "weft/sync/semaphore.h"

#include <string>

#include "weft/detail/chan_core.h"
#include "weft/error.h"

namespace weft {

using detail::Section;
using detail::SpinGuard;
using detail::WaitEnd;

void Semaphore::throw_bad_capacity(std::int64_t capacity) {
  throw usage_error("weft::Semaphore: capacity " + std::to_string(capacity) + ": allowed is 0 or more");
}

void Semaphore::check_units(const char* what, std::int64_t n) const {
  if (n >= 0 && n <= capacity_) return;
  throw usage_error(std::string("weft::Semaphore::") + what + "(" + std::to_string(n) + "): allowed are 0 to " +
                    std::to_string(capacity_) + " units, the capacity");
}

bool Semaphore::take_locked(std::int64_t n) noexcept {
  if (!waiters_.empty() || n > free_) return false;
  free_ -= n;
  return true;
}

bool Semaphore::acquire_limited(std::int64_t n, detail::WaitLimits limits) noexcept {
  const Section section;
  list_lock_.lock();
  if (take_locked(n)) {
    list_lock_.unlock();
    return true;
  }
  Request request;
  request.units = n;
  if (detail::wait_in_list(list_lock_, waiters_, request, limits, {detail::WaitReason::kSemaphore, this}) ==
      WaitEnd::kWoken) {
    return true;
  }
  list_lock_.lock();
  grant_unlock();  // [sem.I2]
  return false;
}

void Semaphore::acquire(std::int64_t n) {
  check_units("acquire", n);
  acquire_limited(n, {});
}

void Semaphore::acquire(std::int64_t n, const Context& ctx, std::error_code& ec) {
  check_units("acquire", n);
  ec = ctx.error();
  if (ec) return;
  if (!acquire_limited(n, {.done = detail::context_done(ctx)})) ec = ctx.error();
}

void Semaphore::acquire(std::int64_t n, const Context& ctx) {
  std::error_code ec;
  acquire(n, ctx, ec);
  if (ec) throw std::system_error(ec, "weft::Semaphore::acquire");
}

bool Semaphore::try_acquire(std::int64_t n) {
  check_units("try_acquire", n);
  const Section section;
  const SpinGuard guard(list_lock_);
  return take_locked(n);
}

// Grants what it can, oldest first; lets go of list_lock_.
void Semaphore::grant_unlock() noexcept {
  detail::WaitList granted;
  while (auto* request = static_cast<Request*>(waiters_.front())) {
    const bool live = request->claim == nullptr || request->claim->outcome() == detail::Claim::kOpen;
    if (live && request->units > free_) break;
    waiters_.remove(request);
    if (!request->try_claim()) continue;
    free_ -= request->units;
    granted.push_back(request);
  }
  list_lock_.unlock();
  bool first = true;
  while (detail::Waiter* request = granted.front()) {
    granted.remove(request);
    first ? detail::ready(request->goroutine) : detail::ready_tail(request->goroutine);
    first = false;
  }
}

// False: more than is held.
bool Semaphore::give_back(std::int64_t n) noexcept {
  const Section section;
  list_lock_.lock();
  if (n > capacity_ - free_) {
    list_lock_.unlock();
    return false;
  }
  free_ += n;
  grant_unlock();
  return true;
}

void Semaphore::release(std::int64_t n) {
  check_units("release", n);
  if (!give_back(n)) {
    throw usage_error("weft::Semaphore::release(" + std::to_string(n) + "): more than is held of " +
                      std::to_string(capacity_) + " units");
  }
}

std::int64_t Semaphore::available() const noexcept {
  const Section section;
  const SpinGuard guard(list_lock_);
  return free_;
}

}  // namespace weft
