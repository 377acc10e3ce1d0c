// explorer/model.h: how a model is written: threads over the product's code, and what must hold.
//
//   auto report = model::explore({.name = "ring"}, [] {
//     auto ring = std::make_shared<Ring>();                     // fresh for each execution
//     model::thread("owner", [ring] { ring->push(1); });
//     model::thread("thief", [ring] { model::check(..., "..."); });
//     model::finally([ring] { model::check(ring->empty(), "nothing is left"); });
//   });
//   model::expect_holds(report);
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace model {

/// A defect that the shim seeds into the code under test, to show that the model would notice it.
enum class Defect : std::uint8_t {
  kNone,
  kNoFence,            // fence_seq_cst() does nothing
  kNoMembarrier,       // membarrier does nothing
  kNoCompilerBarrier,  // compiler_barrier() does nothing
  kRelaxedOrders,      // every atomic access is relaxed
  kNoLocks,            // SpinLocks do not lock
  kTornExchange,       // a compare-exchange or exchange is a load and then a store
};

struct Options {
  std::string name;
  Defect defect = Defect::kNone;
  int defect_thread = -1;        // the one thread that has the defect; -1: all
  bool bounded_spins = false;    // cpu_relax() stands in loops that give up: both that and success are explored
  int random_values = 2;         // how many results of fast_random() are explored
  int clock_values = 1;          // 2: each look at the clock may find that much time has passed
  double limit_seconds = 60;     // the exploration counts as cut when it takes longer
  std::size_t max_steps = 3000;  // an execution that is longer counts as one that does not end
  bool reduction = true;         // false: every order of all steps, to check the reduction itself
};

struct Report {
  std::string name;
  std::uint64_t executions = 0;  // explored to their end
  std::uint64_t redundant = 0;   // given up: another order of one explored before
  std::size_t longest = 0;       // steps of the longest one
  double seconds = 0;
  bool complete = false;  // nothing is left to explore
  std::string failure;    // what broke first, with the trace; empty: nothing
};

/// Explores all executions of the threads that `setup` adds, up to the first failure.
Report explore(const Options& options, const std::function<void()>& setup);

/// Adds a thread. From setup only.
void thread(std::string name, std::function<void()> body);
/// Adds one that may be left waiting when the others have finished.
void daemon(std::string name, std::function<void()> body);
/// Checks what is left when all have finished. What it allocates outlives the execution, what setup and threads
/// allocate does not.
void finally(std::function<void()> check);

/// Ends the execution and the exploration with a failure unless `holds`.
void check(bool holds, const std::string& what);

/// Any number below `choices`: each is explored.
std::uint64_t choose(std::uint64_t choices);

/// What fast_random() gives: as many values as the options say, spread over the range.
std::uint32_t random_value();

/// The monotonic clock: stands still unless the options say otherwise.
std::int64_t clock_nanos();

/// The running thread's number, -1 in setup and finally.
int thread_index();

/// A word that each thread has for itself, for code that keeps "who am I" in a thread_local.
void*& thread_slot();

/// Test verdicts: print the counts; fail unless the exploration was complete and nothing broke.
void expect_holds(const Report& report);
/// For a control: fails unless a defect was found whose description contains `what`.
void expect_breaks(const Report& report, const std::string& what);

}  // namespace model
