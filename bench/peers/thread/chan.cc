// Yield, queues, locks and spawning on std::thread. Twin of bench/micro/{yield,chan,mutex,spawn}.cc.
#include "bench/micro/harness.h"
#include "bench/peers/thread/queue.h"

#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

namespace {

using Item = std::int64_t;

void yield_two(const std::string& name) {
  const auto yield_times = [](std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) std::this_thread::yield();
  };
  bench::emit_each(name, [&](std::uint64_t count) {
    return bench::timed([&] {
      std::thread other([&] { yield_times(count / 2); });
      yield_times(count / 2);
      other.join();
    });
  });
}

void round_trip(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    bench::Queue<Item> there(1);
    bench::Queue<Item> back(1);
    std::thread echo([&] {
      while (std::optional<Item> item = there.recv()) back.send(*item);
    });
    const bench::Nanoseconds elapsed = bench::timed([&] {
      for (std::uint64_t i = 0; i < count; ++i) {
        there.send(static_cast<Item>(i));
        back.recv();
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
      bench::Queue<Item> items(128);
      std::thread sender([&] {
        for (std::uint64_t i = 0; i < count; ++i) items.send(static_cast<Item>(i));
        items.close();
      });
      while (items.recv()) {
      }
      sender.join();
    });
  });
}

void uncontended(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    bench::Queue<Item> items(128);
    return bench::timed([&] {
      for (std::uint64_t i = 0; i < count; ++i) {
        items.send(static_cast<Item>(i));
        items.recv();
      }
    });
  });
}

void spawn_batch(const std::string& name) {
  constexpr std::uint64_t kBatch = 1000;
  bench::emit_each(name, [](std::uint64_t count) {
    const std::uint64_t rounds = (count + kBatch - 1) / kBatch;
    const bench::Nanoseconds elapsed = bench::timed([rounds] {
      std::vector<std::thread> batch;
      for (std::uint64_t round = 0; round < rounds; ++round) {
        for (std::uint64_t i = 0; i < kBatch; ++i) batch.emplace_back([] {});
        for (std::thread& thread : batch) thread.join();
        batch.clear();
      }
    });
    return elapsed * count / (rounds * kBatch);
  });
}

void spawn_one(const std::string& name) {
  bench::emit_each(name, [](std::uint64_t count) {
    return bench::timed([count] {
      for (std::uint64_t i = 0; i < count; ++i) std::thread([] {}).join();
    });
  });
}

// `Workers` threads share `count` turns of lock, work, unlock.
template <class Mutex, class Lock, int Workers, int Steps>
void lock_turns(const std::string& name) {
  Mutex mutex;
  std::uint64_t state = 0;
  bench::emit_each(name, [&](std::uint64_t count) {
    return bench::timed([&] {
      std::vector<std::thread> workers;
      for (int worker = 0; worker < Workers; ++worker) {
        workers.emplace_back([&] {
          for (std::uint64_t i = 0; i < count / Workers; ++i) {
            Lock lock{mutex};
            if constexpr (Steps > 0) state = bench::burn(Steps, state);
          }
        });
      }
      for (std::thread& worker : workers) worker.join();
    });
  });
}

using Exclusive = std::lock_guard<std::mutex>;
using Shared = std::shared_lock<std::shared_mutex>;

const bench::Register kYield{"yield@1", 1, yield_two};
const bench::Register kRoundTrip1{"chan/round_trip@1", 1, round_trip};
const bench::Register kRoundTrip2{"chan/round_trip@2", 2, round_trip};
const bench::Register kBuffered1{"chan/buffered_item@1", 1, buffered_item};
const bench::Register kBuffered2{"chan/buffered_item@2", 2, buffered_item};
const bench::Register kUncontended{"chan/uncontended@1", 1, uncontended};
const bench::Register kSpawnBatch1{"spawn/batch@1", 1, spawn_batch};
const bench::Register kSpawnBatch2{"spawn/batch@2", 2, spawn_batch};
const bench::Register kSpawnOne{"spawn/one_and_wait@1", 1, spawn_one};
const bench::Register kMutex{"mutex/uncontended@1", 1, lock_turns<std::mutex, Exclusive, 1, 0>};
const bench::Register kContended{"mutex/contended_8@2", 2, lock_turns<std::mutex, Exclusive, 8, 1>};
const bench::Register kContended100{"mutex/contended_8_100ns@2", 2,
                                    lock_turns<std::mutex, Exclusive, 8, bench::kStepsOf100Nanoseconds>};
const bench::Register kSharedRead1{"shared_mutex/read@1", 1, lock_turns<std::shared_mutex, Shared, 1, 0>};
const bench::Register kSharedRead2{"shared_mutex/read@2", 2, lock_turns<std::shared_mutex, Shared, 2, 0>};

}  // namespace
