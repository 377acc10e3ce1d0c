// A last call and the first request: whoever comes first, the deadline of the request stands in the end.
#include "http/last_call.h"

#include <gtest/gtest.h>

#include "explorer/model.h"

namespace {

struct Connection {
  weft::http::LastCall last_call;
  int deadline = 0;  // plain: who sets it must come after whoever did before
  int calls = 0;
};

model::Report explore(int callers, model::Defect defect) {
  return model::explore({.name = "last call, callers " + std::to_string(callers), .defect = defect}, [callers] {
    auto* connection = new Connection;
    for (int i = 0; i < callers; ++i) {
      model::thread("shutdown", [connection] {
        connection->last_call.give([connection] {
          connection->deadline = 1;
          ++connection->calls;
        });
      });
    }
    model::thread("request", [connection] {
      connection->last_call.has_been_asked();
      connection->deadline = 2;
      model::check(!connection->last_call.is_fresh(), "who asks knows that it has");
    });
    model::finally([=] {
      model::check(connection->deadline == 2, "the request's deadline is the last");
      model::check(connection->calls <= 1, "one call");
    });
  });
}

TEST(LastCall, TheRequestHasTheLastWord) {
  model::expect_holds(explore(1, model::Defect::kNone));
  model::expect_holds(explore(2, model::Defect::kNone));
}

TEST(LastCall, ControlWithoutOrderingsTheDeadlineIsTornBetweenThem) {
  model::expect_breaks(explore(1, model::Defect::kRelaxedOrders), "data race");
}
TEST(LastCall, ControlWithAClaimInTwoStepsTheCallIsLast) {
  model::expect_breaks(explore(1, model::Defect::kTornExchange), "data race");
}

}  // namespace
