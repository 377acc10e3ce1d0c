#include "obs/health.h"

#include "weft/detail/atomic.h"

namespace weft {
namespace {

constinit detail::Atomic<health::Phase> current{health::Phase::kNoApp};

}  // namespace

void obs::set_phase(health::Phase phase) noexcept { current.store(phase, std::memory_order_release); }

namespace health {

Phase phase() noexcept { return current.load(std::memory_order_acquire); }

bool ready() noexcept {
  const Phase now = phase();
  return now == Phase::kReady || now == Phase::kNoApp;
}

std::string_view name(Phase phase) noexcept {
  switch (phase) {
    case Phase::kNoApp:
      return "no app";
    case Phase::kStarting:
      return "starting";
    case Phase::kReady:
      return "ready";
    case Phase::kDraining:
      return "draining";
    case Phase::kStopped:
      return "stopped";
  }
  return "";
}

}  // namespace health
}  // namespace weft
