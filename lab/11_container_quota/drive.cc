// Puts the server into a control group of its own with a CPU quota and stands at its door, outside of the group: so
// many connections, each with one request at a time. Where no such group can be made it says so and ends with code 77.
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <vector>

#include "lab/support/program.h"
#include "lab/support/service.h"
#include "tests/support/cpu_group.h"
#include "weft/net.h"
#include "weft/runtime.h"
#include "weft/sync.h"
#include "weft/time.h"

namespace {

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: lab\r\n\r\n";
constexpr std::size_t kAnswerBytes = 40;  // server.cc's kAnswer

class Load {
 public:
  Load(std::string address, const lab::Arguments& arguments)
      : address_(std::move(address)), latencies_(arguments.size("connections")) {
    for (std::vector<std::int64_t>& one : latencies_) {
      pending_.go([this, &one] { ask(one); });
    }
  }

  /// From now on latencies are kept; at first they are not.
  void measure() { measures_ = true; }
  std::vector<std::int64_t> end() {
    ended_ = true;
    pending_.wait();
    std::vector<std::int64_t> all;
    for (const std::vector<std::int64_t>& one : latencies_) all.insert(all.end(), one.begin(), one.end());
    return all;
  }

 private:
  void ask(std::vector<std::int64_t>& latencies) {
    auto stream = weft::net::TcpStream::connect(address_);
    std::array<char, kAnswerBytes> answer;
    while (!ended_) {
      const bool counts = measures_;
      const auto start = lab::Clock::now();
      stream.write_all(kRequest);
      stream.read_full(std::as_writable_bytes(std::span(answer)));
      if (counts) latencies.push_back((lab::Clock::now() - start).count());
    }
  }

  std::string address_;
  std::vector<std::vector<std::int64_t>> latencies_;  // by connection
  std::atomic<bool> measures_{false};
  std::atomic<bool> ended_{false};
  weft::WaitGroup pending_;
};

struct Throttled {
  double periods = 0, throttled = 0;
};

Throttled throttled(const weft::testing::CpuGroup& group) {
  std::ifstream in(group.file("cpu.stat"));
  Throttled found;
  double value = 0;
  for (std::string key; in >> key >> value;) {
    if (key == "nr_periods") found.periods = value;
    if (key == "nr_throttled") found.throttled = value;
  }
  return found;
}

void set_quota(const weft::testing::CpuGroup& group, std::int64_t percent) {
  if (group.set_quota(static_cast<int>(percent) * weft::testing::CpuGroup::kPeriodMicros / 100)) return;
  std::fputs("the control group takes no quota\n", stderr);
  std::exit(1);
}

void measure(lab::Service& service, const weft::testing::CpuGroup& group, const lab::Arguments& arguments) {
  Load load(service.expect("port "), arguments);
  weft::sleep_for(arguments.milliseconds("warm-ms"));
  set_quota(group, arguments.integer("quota-percent"));
  weft::sleep_for(arguments.milliseconds("settle-ms"));
  const Throttled before = throttled(group);
  const auto start = lab::Clock::now();
  load.measure();
  weft::sleep_for(arguments.milliseconds("measure-ms"));
  const double seconds = std::chrono::duration<double>(lab::Clock::now() - start).count();
  const Throttled after = throttled(group);
  std::vector<std::int64_t> latencies = load.end();
  service.send(SIGTERM);

  lab::Report report;
  report.set("processors", std::int64_t{std::atoi(service.expect("processors ").c_str())});
  report.set("requests_per_s", static_cast<double>(latencies.size()) / seconds);
  report.set("p50_ms", lab::milliseconds_of(lab::percentile(latencies, 0.5)));
  report.set("p99_ms", lab::milliseconds_of(lab::percentile(latencies, 0.99)));
  const double periods = after.periods - before.periods;
  report.set("throttled_percent", periods > 0 ? (after.throttled - before.throttled) / periods * 100 : 0);
  report.print();
}

}  // namespace

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  std::string why_not;
  const auto group = weft::testing::CpuGroup::make(why_not);
  if (group == nullptr) {
    std::fprintf(stderr, "%s; it needs root and a writable cpu controller\n", why_not.c_str());
    return 77;
  }
  set_quota(*group, arguments.integer("first-quota-percent"));
  // The lab's own number of processors would be in the way of what the scenario is about.
  ::unsetenv("WEFT_MAXPROCS");
  ::unsetenv("GOMAXPROCS");
  lab::Service service({arguments.text("program"), "--host-cores", arguments.text("host-cores"), "--work-rounds",
                        arguments.text("work-rounds")},
                       [&] { return group->enter(); });
  weft::run([&] { measure(service, *group, arguments); });
}
