// Yield, channels and mutexes on Boost.Fiber. Twin of bench/micro/{yield,chan,mutex}.cc.
#include <mutex>
#include <vector>

#include "bench/peers/fiber/fiber.h"

namespace {

using Item = std::int64_t;
namespace fibers = boost::fibers;

void yield_two(const std::string& name) {
  const auto yield_times = [](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) boost::this_fiber::yield();
  };
  bench::emit_each(name, [&](std::uint64_t count) {
    return bench::timed([&] {
      fibers::fiber other = bench::start_fiber([&] { yield_times(count / 2); });
      yield_times(count / 2);
      other.join();
    });
  });
}

void round_trip(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    fibers::unbuffered_channel<Item> there;
    fibers::unbuffered_channel<Item> back;
    fibers::fiber echo = bench::start_fiber([&] {
      for (Item item : there) back.push(item);
    });
    const bench::Nanoseconds elapsed = bench::timed([&] {
      for (std::uint64_t i = 0; i < count; ++i) {
        there.push(static_cast<Item>(i));
        back.value_pop();
      }
    });
    there.close();
    echo.join();
    return elapsed;
  });
}

void buffered_item(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    return bench::timed([count] {
      fibers::buffered_channel<Item> items(128);
      fibers::fiber sender = bench::start_fiber([&] {
        for (std::uint64_t i = 0; i < count; ++i) items.push(static_cast<Item>(i));
        items.close();
      });
      for (Item item = 0; items.pop(item) == fibers::channel_op_status::success;) {
      }
      sender.join();
    });
  });
}

void uncontended(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    fibers::buffered_channel<Item> items(128);
    return bench::timed([&] {
      for (std::uint64_t i = 0; i < count; ++i) {
        items.push(static_cast<Item>(i));
        items.value_pop();
      }
    });
  });
}

void mutex_uncontended(const std::string& name) {
  fibers::mutex mutex;
  bench::emit_each(name, [&mutex](std::uint64_t count) {
    return bench::timed([&mutex, count] {
      for (std::uint64_t i = 0; i < count; ++i) std::lock_guard lock{mutex};
    });
  });
}

template <int Steps>
void mutex_contended(const std::string& name) {
  constexpr std::uint64_t kWorkers = 8;
  fibers::mutex mutex;
  std::uint64_t state = 0;
  bench::emit_each(name, [&](std::uint64_t count) {
    return bench::timed([&] {
      std::vector<fibers::fiber> workers;
      for (std::uint64_t worker = 0; worker < kWorkers; ++worker) {
        workers.push_back(bench::start_fiber([&] {
          for (std::uint64_t i = 0; i < count / kWorkers; ++i) {
            std::lock_guard lock{mutex};
            state = bench::burn(Steps, state);
          }
        }));
      }
      for (fibers::fiber& worker : workers) worker.join();
    });
  });
}

const bench::Register kYield{"yield@1", 1, yield_two};
const bench::Register kRoundTrip1{"chan/round_trip@1", 1, round_trip};
const bench::Register kRoundTrip2{"chan/round_trip@2", 2, round_trip};
const bench::Register kBuffered1{"chan/buffered_item@1", 1, buffered_item};
const bench::Register kBuffered2{"chan/buffered_item@2", 2, buffered_item};
const bench::Register kUncontended{"chan/uncontended@1", 1, uncontended};
const bench::Register kMutex{"mutex/uncontended@1", 1, mutex_uncontended};
const bench::Register kContended{"mutex/contended_8@2", 2, mutex_contended<1>};
const bench::Register kContended100{"mutex/contended_8_100ns@2", 2, mutex_contended<bench::kStepsOf100Nanoseconds>};

}  // namespace
