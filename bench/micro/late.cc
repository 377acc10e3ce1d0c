// How late a goroutine is served beside others that spin, or that block in C.
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <system_error>

#include "bench/micro/foreign.h"
#include "bench/micro/harness.h"
#include "weft/runtime.h"
#include "weft/sync/wait_group.h"
#include "weft/time.h"

namespace {

constexpr unsigned kBlockedMilliseconds = 50;

std::chrono::milliseconds observation() { return std::chrono::milliseconds(bench::config().quick ? 500 : 2000); }

// Goroutines that are in the way until the destructor has stopped them.
class Company {
 public:
  Company(int spinning, int blocking) {
    running_.add(spinning + blocking);
    for (int i = 0; i < spinning; ++i) weft::go([this] { spin(); });
    for (int i = 0; i < blocking; ++i) weft::go([this] { block(); });
  }
  ~Company() {
    stop_.store(true, std::memory_order_relaxed);
    running_.wait();
  }
  Company(const Company&) = delete;
  Company& operator=(const Company&) = delete;

 private:
  void spin() {
    while (!stop_.load(std::memory_order_relaxed)) {
    }
    running_.done();
  }

  void block() {
    while (!stop_.load(std::memory_order_relaxed)) bench_foreign_block(kBlockedMilliseconds);
    running_.done();
  }

  std::atomic<bool> stop_{false};
  weft::WaitGroup running_;
};

template <int Spinning, int Blocking>
void ticker_beside(const std::string& name) {
  Company company(Spinning, Blocking);
  constexpr auto kPeriod = std::chrono::milliseconds(1);
  bench::Lateness lateness;
  const bench::Clock::time_point start = bench::Clock::now();
  bench::TickGrid grid(start, kPeriod);
  weft::Ticker ticker{kPeriod};
  auto ticks = ticker.chan();
  for (bench::Clock::time_point now = start; now < start + observation();) {
    ticks.recv();
    now = bench::Clock::now();
    lateness.add(grid.receive(now));
  }
  lateness.emit_milliseconds(name);
}

// A thread outside of the runtime sends the time; the reader compares.
template <int Spinning>
void socket_beside(const std::string& name) {
  constexpr unsigned kPeriodMicroseconds = 2000;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  Company company(Spinning, 0);
  const auto messages = static_cast<unsigned>(observation() / std::chrono::microseconds(kPeriodMicroseconds));
  if (const int error = bench_start_writer(ends[1], kPeriodMicroseconds, messages); error != 0) {
    throw std::system_error(error, std::generic_category(), "writer thread");
  }
  bench::Lateness received;     // when the reader has the bytes
  bench::Lateness rescheduled;  // when it has been through the scheduler too, which others may want at the same time
  std::int64_t sent = 0;
  while (::read(ends[0], &sent, sizeof sent) == static_cast<ssize_t>(sizeof sent)) {
    received.add(bench::Nanoseconds(bench_monotonic_nanoseconds() - sent));
    weft::yield();
    rescheduled.add(bench::Nanoseconds(bench_monotonic_nanoseconds() - sent));
  }
  ::close(ends[0]);
  received.emit_milliseconds(name, {{"p99_after_a_yield", rescheduled.p99_milliseconds()}});
}

const bench::Register kIdle{"ticker/idle@2", 2, ticker_beside<0, 0>};
const bench::Register kSpin2{"ticker/spinning_2@2", 2, ticker_beside<2, 0>};
const bench::Register kSpin4{"ticker/spinning_4@2", 2, ticker_beside<4, 0>};
const bench::Register kBlocked2{"ticker/blocked_2@2", 2, ticker_beside<0, 2>};
const bench::Register kBlocked64{"ticker/blocked_64@2", 2, ticker_beside<0, 64>};
const bench::Register kSocket2{"socket/spinning_2@2", 2, socket_beside<2>};
const bench::Register kSocket4{"socket/spinning_4@2", 2, socket_beside<4>};

}  // namespace
