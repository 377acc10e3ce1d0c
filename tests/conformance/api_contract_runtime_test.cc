// The contract of runtime.h and error.h as a user meets it: each signature in its variants, on both sides.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "conformance.h"
#include "weft/chan.h"
#include "weft/error.h"
#include "weft/runtime.h"

namespace {

using conformance::in_runtime;

class ApiRuntimeConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ApiRuntimeConformance);

int seven() { return 7; }
void nothing() {}

struct NotDefault {
  explicit NotDefault(int v) : value(v) {}
  int value;
};
struct MoveOnlyCall {
  std::unique_ptr<int> result;
  int operator()() { return *result; }
};

TEST_P(ApiRuntimeConformance, GoTakesWhateverCanBeCalled) {
  perform([] {
    auto calls = weft::make_chan<void>(16);
    auto lambda = [calls] { calls.send(); };
    std::function<void()> function = lambda;
    weft::go(lambda);
    weft::go(std::ref(lambda));
    weft::go(function);
    weft::go(std::move(function));
    weft::go([calls, owned = std::make_unique<int>(1)] { calls.send(); });
    weft::go([calls, big = std::array<char, 4'096>{}]() mutable { big[0] = 1, calls.send(); });
    weft::go([calls] {
      calls.send();
      return 3;  // nobody asks
    });
    weft::go(nothing);
    weft::go(&nothing);
    for (int i = 0; i < 7; ++i) EXPECT_TRUE(calls.recv());
  });
}

TEST_P(ApiRuntimeConformance, OptionsInEveryCombination) {
  perform([] {
    auto calls = weft::make_chan<void>(8);
    const std::string made_up = "made up";
    weft::go({.name = "acceptor", .stack_bytes = 1 << 20}, [calls] { calls.send(); });
    weft::go({.name = "acceptor"}, [calls] { calls.send(); });
    weft::go({.name = made_up}, [calls] { calls.send(); });
    weft::go({.stack_bytes = 64 << 10}, [calls] { calls.send(); });
    weft::go({}, [calls] { calls.send(); });
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(calls.recv());
    EXPECT_EQ(weft::spawn({.name = "worker"}, [] { return 1; }).join(), 1);
  });
}

TEST_P(ApiRuntimeConformance, JoinGivesEveryKindOfResult) {
  perform([] {
    auto answer = weft::spawn([] { return 42; });
    static_assert(std::is_same_v<decltype(answer), weft::Task<int>>);
    EXPECT_EQ(answer.join(), 42);
    weft::Task<void> no_result = weft::spawn(nothing);
    no_result.join();
    EXPECT_EQ(weft::spawn(seven).join(), 7);
    EXPECT_EQ(*weft::spawn([] { return std::make_unique<int>(5); }).join(), 5);
    EXPECT_EQ(weft::spawn([] { return NotDefault{9}; }).join().value, 9);
    EXPECT_EQ(weft::spawn(MoveOnlyCall{std::make_unique<int>(11)}).join(), 11);
    int target = 0;
    EXPECT_EQ(&weft::spawn([&]() -> int& { return target; }).join(), &target);
    std::vector<weft::Task<int>> tasks;
    for (int i = 0; i < 10; ++i) tasks.push_back(weft::spawn([i] { return i; }));
    int sum = 0;
    for (auto& task : tasks) sum += task.join();
    EXPECT_EQ(sum, 45);
  });
}

TEST_P(ApiRuntimeConformance, JoinRethrowsWhateverWasThrown) {
  perform([] {
    EXPECT_THROW(weft::spawn([] { throw std::runtime_error("boom"); }).join(), std::runtime_error);
    EXPECT_THROW(weft::spawn([] { throw 7; }).join(), int);
    auto failing = weft::spawn([]() -> int { throw std::system_error(weft::errc::closed); });
    try {
      failing.join();
      ADD_FAILURE() << "nothing was thrown";
    } catch (const std::system_error& error) {
      EXPECT_EQ(error.code(), weft::errc::closed);
    }
    EXPECT_THROW(failing.join(), weft::usage_error) << "a task is joined once";
  });
}

TEST_P(ApiRuntimeConformance, BlockingPassesEverythingThrough) {
  perform([] {
    int target = 0;
    EXPECT_EQ(weft::blocking(seven), 7);
    weft::blocking([] {});
    EXPECT_EQ(*weft::blocking([] { return std::make_unique<int>(4); }), 4);
    EXPECT_EQ(&weft::blocking([&]() -> int& { return target; }), &target);
    EXPECT_THROW(weft::blocking([] { throw std::runtime_error("in the call"); }), std::runtime_error);
  });
}

TEST_P(ApiRuntimeConformance, ThreadsHaveNoIdAndMayCallEverything) {
  perform([] {
    EXPECT_EQ(weft::goroutine_id() == 0, side() == conformance::Side::kThreads);
    weft::set_goroutine_name("x");
    weft::set_goroutine_name(std::string("y"));
    weft::yield();
    const weft::ThreadPin pin;
    const weft::ThreadPin nested;
    EXPECT_NE(weft::spawn([] { return weft::goroutine_id(); }).join(), 0U);
    EXPECT_GE(weft::num_goroutines(), side() == conformance::Side::kThreads ? 0U : 1U);
    EXPECT_GE(weft::max_procs(), 1);
  });
}

TEST(ApiRunConformance, RunTakesMainsOfBothKinds) {
  const int argc = 3;
  EXPECT_EQ(weft::run([&] { return argc; }), 3);
  EXPECT_EQ(weft::run([] {}), 0);
  EXPECT_EQ(weft::run(seven), 7);
  const auto kept = [] { return 5; };
  EXPECT_EQ(weft::run(kept), 5);
}

TEST(ApiErrorConformance, UsageErrorsAreLogicErrorsAndCodesAreCodes) {
  static_assert(std::is_base_of_v<std::logic_error, weft::usage_error>);
  static_assert(std::is_base_of_v<weft::usage_error, weft::closed_channel>);
  static_assert(std::is_error_code_enum_v<weft::errc>);
  std::error_code code = weft::errc::shutting_down;
  EXPECT_EQ(code, weft::errc::shutting_down);
  EXPECT_EQ(weft::errc::shutting_down, code);
  EXPECT_NE(code, weft::errc::closed);
  EXPECT_EQ(code.category(), weft::error_category());
  EXPECT_EQ(std::string_view(weft::error_category().name()), "weft");
}

}  // namespace
