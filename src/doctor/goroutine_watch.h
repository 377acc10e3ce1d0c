// doctor/goroutine_watch.h: counts a server's goroutines now and then, in a thread of its own, beside something else.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "doctor/debug_server.h"

namespace weft::doctor {

struct WatchPlan {
  std::chrono::milliseconds every{5'000};
  bool profiles = true;  // the goroutine profile
  bool metrics = true;   // the metrics page
};

/// From its construction to finish(). A large or slow profile is not asked for again: watching must not weigh.
class GoroutineWatch {
 public:
  GoroutineWatch(const DebugServer& server, const WatchPlan& plan);
  ~GoroutineWatch();

  struct Taken {
    std::vector<Reply> profiles, metrics;  // by time; those without a body say why
  };
  /// Waits for an answer that is under way.
  Taken finish();

 private:
  void watch();
  void look();
  void stop();

  const DebugServer& server_;
  WatchPlan plan_;  // of the thread, once it runs
  Taken taken_;     // of the thread until it is joined
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace weft::doctor
