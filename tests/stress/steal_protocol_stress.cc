// Taking processors by brute force: the hand-shake of src/sched/steal_request.h on real threads with the real
// membarrier.
//
// One machine goes in and out of the runtime as fast as it can, one monitor takes its processor at every chance and
// gives it back. A machine that is inside must keep its processor: it looks at its request word before it leaves, and
// kTaken there is a violation. The control runs the same without the barrier and must find violations, or the test
// proves nothing.
#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <random>
#include <thread>

#include "os/membarrier.h"
#include "sched/sanitizer.h"
#include "sched/steal_request.h"
#include "stress/chan_stress_support.h"

namespace weft::stress {
namespace {

using detail::MachineHead;
using detail::Processor;
using detail::StealRequest;
using Clock = std::chrono::steady_clock;

struct Counts {
  std::uint64_t steals = 0;
  std::uint64_t cancels = 0;     // the machine came by in time, or the monitor found it inside
  std::uint64_t violations = 0;  // taken while inside, or gone without having been taken
};

/// Has the constructing thread on one CPU and who calls use_second() on another, where there are two: on a busy machine
/// the kernel may put both threads on one, and there a context switch is a barrier.
class TwoCpus {
 public:
  TwoCpus() {
    ::sched_getaffinity(0, sizeof allowed_, &allowed_);
    use(0);
  }
  ~TwoCpus() { ::sched_setaffinity(0, sizeof allowed_, &allowed_); }
  TwoCpus(const TwoCpus&) = delete;
  TwoCpus& operator=(const TwoCpus&) = delete;

  void use_second() const noexcept { use(1); }

 private:
  void use(int which) const noexcept {
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &allowed_) || which-- != 0) continue;
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(cpu, &one);
      ::sched_setaffinity(0, sizeof one, &one);
      return;
    }
  }

  cpu_set_t allowed_{};
};

class Duel {
 public:
  /// `longest_absence` is how many turns the machine is in user code at most: about what a barrier takes, so that it
  /// sometimes comes by meanwhile and sometimes does not.
  Duel(std::uint64_t seed, std::uint64_t longest_absence) : random_(seed), longest_absence_(longest_absence) {
    machine_.inside.store(false, std::memory_order_relaxed);
    machine_.p.store(processor(), std::memory_order_relaxed);
  }

  /// Until `enough(counts)` or `limit`.
  template <class Barrier, class Enough>
  Counts run(Barrier barrier, Clock::duration limit, Enough enough) {
    const auto end = Clock::now() + limit;
    const TwoCpus cpus;
    std::thread machine([this, &cpus] {
      cpus.use_second();
      while (!stop_.load(std::memory_order_relaxed)) live();
    });
    Counts counts;
    do {
      for (int i = 0; i < 100; ++i) attempt(barrier, counts);
      counts.violations = violations_.load(std::memory_order_relaxed);
    } while (Clock::now() < end && !enough(counts));
    stop_.store(true, std::memory_order_relaxed);
    machine.join();
    counts.violations = violations_.load(std::memory_order_relaxed);
    return counts;
  }

 private:
  // Never looked into; the protocol only passes it on.
  Processor* processor() noexcept { return reinterpret_cast<Processor*>(this); }

  // The machine: a stretch of user code, then one section, entered as detail::Section enters.
  void live() noexcept {
    pause(random_() % (random_() % 4 == 0 ? longest_absence_ : 64));
    machine_.inside.store(true, std::memory_order_relaxed);
    detail::compiler_barrier();
    if (machine_.request.load(std::memory_order_relaxed) != StealRequest::kNone &&
        sched::answer_steal_request(machine_)) {
      take_back();
    }
    if (machine_.p.load(std::memory_order_relaxed) == nullptr) violations_.fetch_add(1, std::memory_order_relaxed);
    pause(random_() % 16);
    if (machine_.request.load(std::memory_order_relaxed) == StealRequest::kTaken) {
      violations_.fetch_add(1, std::memory_order_relaxed);
      sched::answer_steal_request(machine_);
      take_back();
    }
    machine_.inside.store(false, std::memory_order_release);
  }

  // A machine whose processor was taken waits until it is given one.
  void take_back() noexcept {
    Processor* given = nullptr;
    for (int turn = 0; (given = mailbox_.exchange(nullptr, std::memory_order_acquire)) == nullptr; ++turn) wait(turn);
    machine_.p.store(given, std::memory_order_relaxed);
  }

  template <class Barrier>
  void attempt(Barrier barrier, Counts& counts) {
    if (machine_.inside.load(std::memory_order_acquire)) return;
    Processor* taken = sched::try_take_processor(machine_, barrier);
    if (taken == nullptr) {
      ++counts.cancels;
      return;
    }
    ++counts.steals;
    mailbox_.store(taken, std::memory_order_release);
    for (int turn = 0; mailbox_.load(std::memory_order_relaxed) != nullptr; ++turn) wait(turn);
  }

  // The other is most often on the other core and here in a moment; on a busy machine it may have to be let on.
  static void wait(int turn) noexcept {
    if (turn % 4096 < 4095) return detail::cpu_relax();
    std::this_thread::yield();
  }
  static void pause(std::uint64_t turns) noexcept {
    for (std::uint64_t i = 0; i < turns; ++i) detail::cpu_relax();
  }

  MachineHead machine_;
  Random random_;  // the machine's
  const std::uint64_t longest_absence_;
  alignas(64) std::atomic<Processor*> mailbox_{nullptr};
  alignas(64) std::atomic<std::uint64_t> violations_{0};
  std::atomic<bool> stop_{false};
};

std::uint64_t printed_seed() {
  const std::uint64_t seed = number_from_environment("WEFT_STRESS_SEED", std::random_device{}());
  std::cout << "WEFT_STRESS_SEED=" << seed << std::endl;
  return seed;
}

constexpr std::uint64_t kMembarrierTurns = 2'000;
constexpr std::uint64_t kVisitTurns = 100'000;

void print(const char* what, const Counts& counts) {
  std::cout << what << ": " << counts.steals << " steals, " << counts.cancels << " cancelled, " << counts.violations
            << " violations\n";
}

TEST(StealProtocolStress, AMachineInsideKeepsItsProcessor) {
  const auto end = Clock::now() + std::chrono::seconds(number_from_environment("WEFT_STRESS_SECONDS", 10));
  const auto enough = [&](const Counts& c) { return Clock::now() >= end && c.steals > 0 && c.cancels > 0; };
  const Counts counts =
      Duel(printed_seed(), kMembarrierTurns).run([] { os::membarrier(); }, std::chrono::hours(2), enough);
  print("with membarrier", counts);
  EXPECT_EQ(counts.violations, 0u);
  EXPECT_GT(counts.steals, 0u);
  EXPECT_GT(counts.cancels, 0u);
}

TEST(StealProtocolStress, SoItDoesWhereMembarrierIsRefused) {
  os::force_cpu_visits_for_testing();
  const auto end = Clock::now() + std::chrono::seconds(number_from_environment("WEFT_STRESS_SECONDS", 10));
  const auto enough = [&](const Counts& c) { return Clock::now() >= end && c.steals > 0 && c.cancels > 0; };
  const Counts counts = Duel(printed_seed(), kVisitTurns).run([] { os::membarrier(); }, std::chrono::hours(2), enough);
  os::register_membarrier();
  print("with visits to every CPU", counts);
  EXPECT_EQ(counts.violations, 0u);
  EXPECT_GT(counts.steals, 0u);
  EXPECT_GT(counts.cancels, 0u);
}

TEST(StealProtocolStress, ControlWithoutMembarrierItBreaks) {
  if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "on one core a context switch is a barrier";
#ifdef WEFT_TSAN
  GTEST_SKIP() << "what the thread sanitizer does at each access closes the window";
#endif
  const Counts counts = Duel(printed_seed(), kMembarrierTurns)
                            .run([] {}, std::chrono::seconds(60), [](const Counts& c) { return c.violations > 0; });
  print("without membarrier", counts);
  EXPECT_GT(counts.violations, 0u) << "the test cannot tell a broken protocol from a sound one on this machine";
}

}  // namespace
}  // namespace weft::stress
