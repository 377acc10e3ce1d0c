// The benchmark program on Boost.Fiber: the rows that have a counterpart there.
#include "bench/peers/fiber/fiber.h"

#include <atomic>
#include <boost/fiber/algo/work_stealing.hpp>
#include <thread>

namespace {

// Two threads that steal from each other, or one with the default round robin.
void enter(const bench::Row& row) {
  if (row.processors == 1) return row.body(row.name);
  std::atomic<bool> finished{false};
  std::thread second([&finished] {
    boost::fibers::use_scheduling_algorithm<boost::fibers::algo::work_stealing>(2);
    while (!finished.load(std::memory_order_relaxed)) boost::this_fiber::sleep_for(std::chrono::milliseconds(5));
  });
  boost::fibers::use_scheduling_algorithm<boost::fibers::algo::work_stealing>(2);
  row.body(row.name);
  finished.store(true, std::memory_order_relaxed);
  second.join();
}

}  // namespace

int main(int argc, char** argv) { return bench::bench_main(argc, argv, enter); }
