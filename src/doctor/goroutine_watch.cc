#include "doctor/goroutine_watch.h"

#include <exception>
#include <utility>

namespace weft::doctor {

GoroutineWatch::GoroutineWatch(const DebugServer& server, const WatchPlan& plan)
    : server_(server), plan_(plan), thread_([this] { watch(); }) {}

GoroutineWatch::~GoroutineWatch() { stop(); }

GoroutineWatch::Taken GoroutineWatch::finish() {
  stop();
  return std::move(taken_);
}

void GoroutineWatch::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void GoroutineWatch::watch() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, plan_.every, [this] { return stopping_; })) {
    lock.unlock();
    look();
    lock.lock();
  }
}

void GoroutineWatch::look() {
  constexpr double kSlowSeconds = 3;
  constexpr std::size_t kLargeBytes = std::size_t{4} << 20;
  constexpr std::size_t kMostLooks = 200;
  if (plan_.profiles && taken_.profiles.size() < kMostLooks) {
    taken_.profiles.push_back(server_.ask("/debug/pprof/goroutine"));
    const Reply& reply = taken_.profiles.back();
    plan_.profiles = reply.body && reply.seconds < kSlowSeconds && reply.body->size() < kLargeBytes;
  }
  if (plan_.metrics && taken_.metrics.size() < kMostLooks) {
    taken_.metrics.push_back(server_.ask_metrics());
    const Reply& reply = taken_.metrics.back();
    plan_.metrics = reply.body && reply.seconds < kSlowSeconds && reply.body->size() < kLargeBytes;
  }
}

}  // namespace weft::doctor
