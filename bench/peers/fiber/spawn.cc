// Fibers that do nothing, and a ticker beside fibers that block. Twin of bench/micro/{spawn,late}.cc. Beside spinning
// fibers there is no row: a fiber that never yields is never interrupted.
#include <atomic>
#include <vector>

#include "bench/micro/foreign.h"
#include "bench/peers/fiber/fiber.h"

namespace {

constexpr std::uint64_t kBatch = 1000;
namespace fibers = boost::fibers;

template <class Start>
bench::Nanoseconds spawn_batches(std::uint64_t count, Start start) {
  const std::uint64_t rounds = (count + kBatch - 1) / kBatch;
  const bench::Nanoseconds elapsed = bench::timed([&] {
    std::vector<fibers::fiber> batch;
    batch.reserve(kBatch);
    for (std::uint64_t round = 0; round < rounds; ++round) {
      for (std::uint64_t i = 0; i < kBatch; ++i) batch.push_back(start());
      for (fibers::fiber& fiber : batch) fiber.join();
      batch.clear();
    }
  });
  return elapsed * count / (rounds * kBatch);
}

void batches_pooled(const std::string& name) {
  fibers::pooled_fixedsize_stack stacks(64 << 10);
  bench::emit_each(name, [&stacks](std::uint64_t count) {
    return spawn_batches(count, [&stacks] { return bench::start_fiber(stacks, [] {}); });
  });
}

// The pool takes no lock, so two threads that free each other's stacks go through malloc.
void batches(const std::string& name) {
  bench::emit_each(name,
                   [](std::uint64_t count) { return spawn_batches(count, [] { return bench::start_fiber([] {}); }); });
}

void one_and_wait(const std::string& name) {
  fibers::pooled_fixedsize_stack stacks(64 << 10);
  bench::emit_each(name, [&stacks](std::uint64_t count) {
    return bench::timed([&stacks, count] {
      for (std::uint64_t i = 0; i < count; ++i) bench::start_fiber(stacks, [] {}).join();
    });
  });
}

void one_with_result(const std::string& name) {
  fibers::pooled_fixedsize_stack stacks(64 << 10);
  bench::emit_each(name, [&stacks](std::uint64_t count) {
    return bench::timed([&stacks, count] {
      std::uint64_t sum = 0;
      for (std::uint64_t i = 0; i < count; ++i) {
        sum += fibers::async(fibers::launch::post, std::allocator_arg, stacks, [i] { return i; }).get();
      }
      bench::burn(1, sum);
    });
  });
}

template <int Blocking>
void ticker_beside_blocked(const std::string& name) {
  constexpr auto kPeriod = std::chrono::milliseconds(1);
  const auto observation = std::chrono::milliseconds(bench::config().quick ? 500 : 2000);
  std::atomic<bool> stop{false};
  std::vector<fibers::fiber> blocked;
  for (int i = 0; i < Blocking; ++i) {
    blocked.push_back(bench::start_fiber([&stop] {
      while (!stop.load(std::memory_order_relaxed)) {
        bench_foreign_block(50);
        boost::this_fiber::yield();
      }
    }));
  }
  bench::Lateness lateness;
  const bench::Clock::time_point start = bench::Clock::now();
  bench::TickGrid grid(start, kPeriod);
  for (bench::Clock::time_point now = start; now < start + observation;) {
    boost::this_fiber::sleep_until(start + ((now - start) / kPeriod + 1) * kPeriod);
    now = bench::Clock::now();
    lateness.add(grid.receive(now));
  }
  stop.store(true, std::memory_order_relaxed);
  for (fibers::fiber& fiber : blocked) fiber.join();
  lateness.emit_milliseconds(name);
}

const bench::Register kBatches1{"spawn/batch@1", 1, batches_pooled};
const bench::Register kBatches2{"spawn/batch@2", 2, batches};
const bench::Register kOneAndWait{"spawn/one_and_wait@1", 1, one_and_wait};
const bench::Register kOneWithResult{"spawn/one_with_result@1", 1, one_with_result};
const bench::Register kBlocked2{"ticker/blocked_2@2", 2, ticker_beside_blocked<2>};
const bench::Register kBlocked64{"ticker/blocked_64@2", 2, ticker_beside_blocked<64>};

}  // namespace
