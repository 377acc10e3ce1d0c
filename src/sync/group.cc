// INVARIANTS [group.I1] 0 <= running_ <= limit_; a place that is handed over by leave() stays counted
//            [group.I2] entering_ is not empty => running_ == limit_
//            [group.I3] leave() touches nothing of the group after it has dropped lock_; wait() passes the lock
#include "weft/sync/group.h"

#include <string>

#include "weft/error.h"

namespace weft {

using detail::Section;
using detail::SpinGuard;
using detail::WaitReason;

Group::~Group() {
  cancel_();
  wait_for_all();
}

void Group::set_limit(std::int64_t n) {
  if (n < 1)
    throw usage_error("weft::Group::set_limit(" + std::to_string(n) + "): allowed is 1 or more, or kUnlimited");
  std::int64_t running = 0;
  {
    const Section section;
    const SpinGuard guard(lock_);
    running = running_;
    if (running == 0) limit_ = n;
  }
  if (running != 0) {
    throw usage_error("weft::Group::set_limit(" + std::to_string(n) + "): " + std::to_string(running) +
                      " goroutines of the group still run; allowed is 0");
  }
}

bool Group::try_enter() noexcept {
  const Section section;
  const SpinGuard guard(lock_);
  if (running_ == limit_) return false;
  ++running_;
  return true;
}

void Group::enter() noexcept {
  const Section section;
  lock_.lock();
  if (running_ < limit_) {
    ++running_;
    lock_.unlock();
    return;
  }
  detail::Waiter waiter;
  detail::wait_in_list(lock_, entering_, waiter, {}, {WaitReason::kGroup, this});
}

void Group::leave() noexcept {
  const Section section;
  lock_.lock();
  if (detail::Waiter* next = entering_.pop_claimed()) {  // [group.I1]
    lock_.unlock();
    detail::ready(next->goroutine);
  } else if (--running_ == 0) {
    detail::wake_all_unlock(lock_, waiting_);
  } else {
    lock_.unlock();
  }
}

void Group::fail(std::exception_ptr error) noexcept {
  {
    const Section section;
    const SpinGuard guard(lock_);
    if (error_ != nullptr) return;
    error_ = error;
  }
  cancel_(std::move(error));
}

void Group::wait_for_all() noexcept {
  const Section section;
  lock_.lock();
  if (running_ == 0) {
    lock_.unlock();
    return;
  }
  detail::Waiter waiter;
  detail::wait_in_list(lock_, waiting_, waiter, {}, {WaitReason::kGroup, this});
}

void Group::wait() {
  wait_for_all();
  cancel_();
  if (error_ != nullptr) std::rethrow_exception(error_);
}

}  // namespace weft
