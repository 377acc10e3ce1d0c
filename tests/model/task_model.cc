// Task completion: one joiner, one who completes; the result that was written before is there after, and nobody waits
// for ever.
#include "sched/task_state.cc"

#include <gtest/gtest.h>

#include "explorer/model.h"

namespace {

struct Result {
  weft::detail::TaskCompletion completion;
  int value = 0;  // plain: the task's result
};

model::Report explore(model::Defect defect) {
  return model::explore({.name = "task", .defect = defect}, [] {
    auto* result = new Result;
    model::thread("task", [result] {
      result->value = 42;
      result->completion.complete();
    });
    model::thread("joiner", [result] {
      result->completion.wait();
      model::check(result->completion.done(), "a join returns when the task is done");
      model::check(result->value == 42, "and the result is there");
    });
  });
}

TEST(Task, AJoinReturnsWithTheResult) { model::expect_holds(explore(model::Defect::kNone)); }
TEST(Task, ControlWithoutOrderingsTheResultIsMissing) {
  model::expect_breaks(explore(model::Defect::kRelaxedOrders), "data race");
}

// The task's goroutine and the handle hold a reference each; who lets go last frees the state, and only then.
TEST(Task, TheLastReferenceFreesOnce) {
  const auto report = model::explore({.name = "task references"}, [] {
    auto* result = new Result;
    result->completion.acquire();
    for (int i = 0; i < 2; ++i) {
      model::thread("holder", [result] {
        model::check(result->value == 0, "the state lives while it is held");
        if (result->completion.release()) delete result;
      });
    }
  });
  model::expect_holds(report);
}

}  // namespace
