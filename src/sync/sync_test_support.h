// What the tests of the locks and their kin share, besides chan_test_support.h: crews of goroutines or of plain
// threads.
#pragma once

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "sync/chan_test_support.h"

namespace weft::testing {

/// Workers that are goroutines, or plain threads. join() or the destructor waits for all.
class Crew {
 public:
  explicit Crew(Where where) : where_(where) {}
  ~Crew() { join(); }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  template <class F>
  void go(F f) {
    if (where_ == Where::kGoroutine) {
      tasks_.push_back(weft::spawn(std::move(f)));
    } else {
      threads_.emplace_back(std::move(f));
    }
  }
  void join() {
    for (Task<void>& task : tasks_) task.join();
    for (std::thread& thread : threads_) thread.join();
    tasks_.clear();
    threads_.clear();
  }

 private:
  Where where_;
  std::vector<Task<void>> tasks_;
  std::vector<std::thread> threads_;
};

/// Expects that `statement` throws weft::usage_error and that its text contains `part`.
#define EXPECT_USAGE_ERROR(statement, part)                                             \
  try {                                                                                 \
    statement;                                                                          \
    ADD_FAILURE() << "no usage_error from " #statement;                                 \
  } catch (const weft::usage_error& error) {                                            \
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what(); \
  }

}  // namespace weft::testing
