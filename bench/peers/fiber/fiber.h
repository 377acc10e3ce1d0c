// bench/peers/fiber/fiber.h: how the Boost.Fiber rows start a fiber.
#pragma once

#include <boost/fiber/all.hpp>
#include <utility>

#include "bench/micro/harness.h"

namespace bench {

/// A fiber that is queued, as a goroutine is, and not run at once.
template <class F>
boost::fibers::fiber start_fiber(F&& f) {
  return boost::fibers::fiber(boost::fibers::launch::post, std::forward<F>(f));
}

/// Stacks from a pool: the fastest allocator there is, for programs of one thread (it takes no lock).
template <class F>
boost::fibers::fiber start_fiber(boost::fibers::pooled_fixedsize_stack& stacks, F&& f) {
  return boost::fibers::fiber(boost::fibers::launch::post, std::allocator_arg, stacks, std::forward<F>(f));
}

}  // namespace bench
