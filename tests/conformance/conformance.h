// tests/conformance/conformance.h: what the conformance tests share: a runtime to run in, workers that are goroutines
// or plain threads, and two ways to wait. README.md lists the behaviours and where Go checks them.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "weft/runtime.h"

namespace conformance {

/// Runs `body` as the main goroutine on `processors` processors. An exception that leaves it fails the test.
template <class F>
void in_runtime(int processors, F&& body) {
  const int before = weft::set_max_procs(processors);
  weft::run([&body] {
    try {
      body();
    } catch (const std::exception& e) {
      ADD_FAILURE() << "the test's main goroutine threw: " << e.what();
    }
  });
  weft::set_max_procs(before);
}

/// Gives every other goroutine the chance to run until it waits. It is no proof that they do: a test uses it to make a
/// wrong library fail, never to make a right one pass.
inline void settle() {
  for (int i = 0; i < 64; ++i) weft::yield();
}

/// Waits for a state that others bring about.
template <class Condition>
void until(Condition condition) {
  while (!condition()) weft::yield();
}

/// A seed for a random test: WEFT_STRESS_SEED, or a new one, which is printed if the test has failed.
class Seed {
 public:
  Seed() {
    if (const char* given = std::getenv("WEFT_STRESS_SEED"))
      value_ = static_cast<unsigned>(std::strtoul(given, nullptr, 10));
  }
  ~Seed() {
    if (testing::Test::HasFailure()) std::cout << "failed with WEFT_STRESS_SEED=" << value_ << "\n";
  }
  Seed(const Seed&) = delete;
  Seed& operator=(const Seed&) = delete;

  unsigned value() const { return value_; }

 private:
  unsigned value_ = std::random_device{}();
};

/// Every primitive works from goroutines and from plain threads; the tests that take a Side run both ways.
enum class Side { kGoroutines, kThreads };

/// Workers of one side. The destructor waits for all of them.
class Crew {
 public:
  explicit Crew(Side side) : side_(side) {}
  ~Crew() { join(); }
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  template <class F>
  void go(F body) {
    if (side_ == Side::kGoroutines) {
      goroutines_.push_back(weft::spawn(std::move(body)));
    } else {
      threads_.emplace_back(std::move(body));
    }
  }

  void join() {
    for (weft::Task<void>& goroutine : goroutines_) goroutine.join();
    for (std::thread& thread : threads_) thread.join();
    goroutines_.clear();
    threads_.clear();
  }

 private:
  Side side_;
  std::vector<weft::Task<void>> goroutines_;
  std::vector<std::thread> threads_;
};

/// The base of the suites that run on both sides.
class BothSides : public testing::TestWithParam<Side> {
 protected:
  static Side side() { return GetParam(); }

  /// Runs the test's body on a goroutine, or here on the test's own thread.
  template <class F>
  static void perform(F&& body, int processors = 4) {
    if (side() == Side::kGoroutines) {
      in_runtime(processors, body);
    } else {
      body();
    }
  }
};

inline std::string side_name(const testing::TestParamInfo<Side>& info) {
  return info.param == Side::kGoroutines ? "goroutines" : "threads";
}

/// Instantiates a suite derived from BothSides.
#define CONFORMANCE_ON_BOTH_SIDES(suite)                                                                     \
  INSTANTIATE_TEST_SUITE_P(On, suite,                                                                        \
                           testing::Values(::conformance::Side::kGoroutines, ::conformance::Side::kThreads), \
                           ::conformance::side_name)

}  // namespace conformance
