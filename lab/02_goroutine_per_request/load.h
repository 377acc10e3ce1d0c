// Scenario 2's open loop: what is offered, what a request does, and what is noted of it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "lab/support/program.h"
#include "weft/runtime.h"
#include "weft/time.h"

namespace lab {

/// What is offered: the same numbers in both languages.
struct Load {
  std::int64_t rate_per_second;
  std::int64_t requests;
  std::int64_t work_rounds;
  std::chrono::nanoseconds wait;
  std::chrono::nanoseconds patience;

  static Load from(const Arguments& arguments) {
    return {arguments.integer("rate"), arguments.integer("requests"), arguments.integer("work-rounds"),
            arguments.milliseconds("wait-ms"), arguments.milliseconds("patience-ms")};
  }
};

struct Request {
  std::int64_t number;
  Clock::time_point due;
};

/// Gathers what the requests saw: each writes its own slots.
class Outcome {
 public:
  explicit Outcome(const Load& load)
      : load_(load), start_delay_(static_cast<std::size_t>(load.requests)), wake_delay_(start_delay_.size()) {}

  /// One request: half of its CPU work, a long wait (a backend's answer), the other half.
  void serve(const Request& request) {
    const auto slot = static_cast<std::size_t>(request.number);
    const Clock::time_point begun = Clock::now();
    start_delay_[slot] = (begun - request.due).count() + 1;
    if (begun - request.due > load_.patience) wasted_.fetch_add(1, std::memory_order_relaxed);
    std::uint64_t value = burn(load_.work_rounds / 2, static_cast<std::uint64_t>(request.number));
    const Clock::time_point asleep = Clock::now();
    weft::sleep_for(load_.wait);
    wake_delay_[slot] = (Clock::now() - asleep - load_.wait).count() + 1;
    value = burn(load_.work_rounds / 2, value);
    if (value == 0) sink_.fetch_add(1, std::memory_order_relaxed);
    if (Clock::now() - request.due <= load_.patience) in_time_.fetch_add(1, std::memory_order_relaxed);
  }

  /// Submits every request when it is due, however far behind the server is: an open loop.
  template <class Submit>
  void offer(Submit submit) {
    const Clock::time_point started = Clock::now();
    Clock::time_point now = started;
    for (std::int64_t number = 0; number < load_.requests; ++number) {
      const Clock::time_point due = started + due_after(number);
      while (now < due) {
        now = Clock::now();
        if (now >= due) break;
        note_live();
        weft::sleep_for(std::chrono::milliseconds(1));
      }
      submit(Request{number, due});
    }
    note_live();
  }

  /// `shed`: refused at the door. `dropped`: accepted, but the client had left before the work began.
  void print(std::int64_t shed, std::int64_t dropped);

 private:
  std::chrono::nanoseconds due_after(std::int64_t number) const {
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(number) * 1e9 / static_cast<double>(load_.rate_per_second)));
  }
  void note_live() { most_live_ = std::max(most_live_, weft::num_goroutines()); }

  Load load_;
  std::vector<std::int64_t> start_delay_;  // ns from due to begun, plus 1; 0: never begun
  std::vector<std::int64_t> wake_delay_;   // ns from the wait's end to running again, plus 1
  std::atomic<std::int64_t> in_time_{0};
  std::atomic<std::int64_t> wasted_{0};
  std::atomic<std::uint64_t> sink_{0};
  std::size_t most_live_ = 0;
};

}  // namespace lab
