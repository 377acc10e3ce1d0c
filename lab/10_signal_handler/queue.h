// What scenario 10's service has accepted and must not lose: a queue of items that are written out when it ends. Its
// Go counterpart is go/queue.go.
#pragma once

#include <cstdio>

#include "lab/support/program.h"
#include "weft/chan.h"
#include "weft/time.h"

namespace lab {

class Queue {
 public:
  explicit Queue(const Arguments& arguments)
      : items_(weft::make_chan<std::int64_t>(arguments.integer("items"))),
        accepted_(arguments.integer("items")),
        item_time_(arguments.microseconds("item-us")) {
    for (std::int64_t i = 0; i < accepted_; ++i) items_.send(i);
  }

  /// The clean-up: every item takes its time, as a write to a slow disk does.
  void write_out() {
    items_.close();
    while (items_.recv()) {
      weft::sleep_for(item_time_);
      ++written_;
    }
  }

  void print() const {
    std::printf("lost %lld\n", static_cast<long long>(accepted_ - written_));
    std::fflush(stdout);
  }

 private:
  weft::Chan<std::int64_t> items_;
  std::int64_t accepted_;
  std::int64_t written_ = 0;
  std::chrono::microseconds item_time_;
};

/// What a reload does: reads files, dials.
inline void reload(const Arguments& arguments) {
  std::puts("reloads");
  std::fflush(stdout);
  weft::sleep_for(arguments.milliseconds("reload-ms"));
}

inline void say_ready() {
  std::puts("ready");
  std::fflush(stdout);
}

}  // namespace lab
