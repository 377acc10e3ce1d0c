// The runtime's metrics tell what happens.
#include <gtest/gtest.h>

#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <sstream>
#include <string>

#include "os/cpu_limit.h"
#include "os/memory_limit.h"
#include "weft/chan.h"
#include "weft/metrics.h"
#include "weft/runtime.h"

namespace {

const weft::metrics::Sample& sample(const std::vector<weft::metrics::Sample>& all, std::string_view name) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const auto& s) { return s.name == name; });
  if (at == all.end()) throw std::out_of_range(std::string(name));
  return *at;
}

std::uint64_t value(std::string_view name) { return sample(weft::metrics::read(), name).value; }

TEST(Metrics, CountsGoroutinesByState) {
  weft::run([] {
    auto hold = weft::make_chan<void>();
    auto ready = weft::make_chan<int>();
    const std::uint64_t waiting_before = value("/sched/goroutines/waiting:goroutines");
    const std::uint64_t live_before = value("/sched/goroutines:goroutines");
    for (int i = 0; i < 10; ++i) {
      weft::go([&ready, hold] {
        ready.send(1);
        hold.recv();
      });
    }
    for (int i = 0; i < 10; ++i) ready.recv();
    while (value("/sched/goroutines/waiting:goroutines") < waiting_before + 10) weft::yield();
    EXPECT_EQ(value("/sched/goroutines:goroutines"), live_before + 10);
    EXPECT_GE(value("/sched/goroutines/running:goroutines"), 1u);
    hold.close();
    while (value("/sched/goroutines:goroutines") > live_before) weft::yield();
  });
}

TEST(Metrics, CountsAHandOffFromABlockedCall) {
  weft::run([] {
    const int before = weft::set_max_procs(1);
    const std::uint64_t handoffs = value("/weft/sched/handoffs/blocked:handoffs");
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    auto blocked = weft::spawn([&] {
      char byte;
      return ::read(pipe_ends[0], &byte, 1);
    });
    // It sits in read() with the only processor, until the monitor takes that away.
    while (value("/weft/sched/handoffs/blocked:handoffs") == handoffs) weft::yield();
    ASSERT_EQ(::write(pipe_ends[1], "x", 1), 1);
    EXPECT_EQ(blocked.join(), 1);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
    weft::set_max_procs(before);
  });
}

TEST(Metrics, SamplesQueueLatency) {
  weft::run([] {
    auto a = weft::make_chan<int>();
    auto echo = weft::spawn([a] {
      while (a.recv()) {
      }
    });
    for (int i = 0; i < 1000; ++i) a.send(i);
    a.close();
    echo.join();
    const auto all = weft::metrics::read();
    const auto& h = sample(all, "/sched/latencies:seconds").histogram;
    ASSERT_EQ(h.bounds.size(), h.counts.size() + 1);
    EXPECT_TRUE(std::is_sorted(h.bounds.begin(), h.bounds.end()));
    std::uint64_t seen = 0;
    for (const std::uint64_t n : h.counts) seen += n;
    EXPECT_GE(seen, 1000u / 64);
  });
}

TEST(Metrics, TellsWhatTheContainerGrants) {
  EXPECT_DOUBLE_EQ(static_cast<double>(value("/weft/cpu/quota:millicpus")),
                   std::round(weft::os::CpuLimits().read().quota * 1000));
  EXPECT_EQ(value("/weft/memory/limit:bytes"), weft::os::read_memory_limit().tightest());
}

TEST(Metrics, PrometheusTextHasHelpTypeAndValueOfEach) {
  std::ostringstream out;
  weft::metrics::write_prometheus(out);
  const std::string text = out.str();
  EXPECT_NE(text.find("# TYPE weft_sched_goroutines_goroutines gauge\nweft_sched_goroutines_goroutines "),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("# TYPE weft_sched_steals_steals_total counter\n"), std::string::npos) << text;
  EXPECT_NE(text.find("weft_sched_latencies_seconds_bucket{le=\"+Inf\"} "), std::string::npos) << text;
  EXPECT_NE(text.find("weft_sched_latencies_seconds_count "), std::string::npos) << text;
}

}  // namespace
