// Scenario 9's numbers.
#include "lab/harness/scenario.h"

namespace lab {

Scenario scenario_09(const Scale& scale) {
  return {9,
          "09_pinned_thread",
          "pinned to a thread",
          "a pin around each C call; a pinned goroutine plays ping-pong with a free one",
          "no pin: the C side keeps nothing in its thread",
          {{"",
            {{"calls", "100000"}, {"trips", "1000"}, {"measure-ms", scale.quick ? "100" : "250"}},
            {{"call_ns", "a C call", "ns", Better::less, true},
             {"calls_per_s", "C calls", "1/s", Better::more},
             {"calls_per_s_two", "C calls, two at a time", "1/s", Better::more, true},
             {"round_trip_ns", "a round trip", "ns", Better::less, true},
             {"score_sum", "sum of the scores", "", Better::same}}}}};
}

}  // namespace lab
