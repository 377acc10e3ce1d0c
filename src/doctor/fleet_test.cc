#include "doctor/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <map>
#include <sstream>

#include "doctor/fleet_rules.h"
#include "doctor/loopback_server.h"
#include "doctor/prometheus_api.h"

namespace weft::doctor {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr double kNow = 1'795'426'629;

std::string percent_decoded(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      plain += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::string parameter(const std::string& target, const std::string& name) {
  const std::size_t at = target.find(name + "=");
  if (at == std::string::npos) return "";
  const std::size_t start = at + name.size() + 1;
  return percent_decoded(target.substr(start, target.find('&', start) - start));
}

// Knows a value for some of the expressions that it is asked for, by a part of them; the first part that fits counts.
class FakePrometheus {
 public:
  struct Value {
    std::string labels;  // as JSON, without braces
    std::string value;
  };

  void set(const std::string& part, const std::string& service, const std::string& value) {
    known_[part].push_back({R"("job":")" + service + R"(","instance":")" + service + R"(:8080")", value});
  }
  void set_labelled(const std::string& part, const std::string& labels, const std::string& value) {
    known_[part].push_back({labels, value});
  }
  void set_range(const std::string& service, const std::vector<int>& values) {
    std::string points;
    for (std::size_t i = 0; i < values.size(); ++i) {
      points +=
          (i == 0 ? "" : ",") + ("[" + std::to_string(static_cast<long>(kNow) - 3600 + static_cast<long>(i) * 300) +
                                 ",\"" + std::to_string(values[i]) + "\"]");
    }
    ranges_ += (ranges_.empty() ? "" : ",") + (R"({"metric":{"job":")" + service + R"(","instance":")" + service +
                                               R"(:8080"},"values":[)" + points + "]}");
  }

  // What a service of client_golang's default collector shows.
  void add_service(const std::string& service, const std::string& cores) {
    set("go_goroutines{", service, "40");
    set("rate(process_cpu_seconds_total{", service, cores);
    set("process_cpu_seconds_total{", service, "100");
    set("go_sched_gomaxprocs_threads{", service, "4");
    set("go_gc_gogc_percent{", service, "100");
    set("go_gc_gomemlimit_bytes{", service, "9223372036854775807");
    set_range(service, {40, 41, 40, 42, 40});
  }

  std::string url(const std::string& path = "") const { return server_.url(path); }
  std::vector<std::string> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  bool knows_targets = true;
  std::string refusal;  // of every range

 private:
  static std::string reply(const std::string& body, const std::string& status = "200 OK") {
    return LoopbackServer::answer(status, "Content-Type: application/json\r\n", body);
  }

  std::string answer(const std::string& target) {
    const std::lock_guard lock(mutex_);
    const std::string query = parameter(target, "query");
    asked_.push_back(query);
    if (query == "time()") {
      const std::string now = std::to_string(kNow);
      return reply(R"({"status":"success","data":{"resultType":"scalar","result":[)" + now + ",\"" + now + "\"]}}");
    }
    if (target.starts_with("/api/v1/targets")) return targets();
    if (target.starts_with("/api/v1/query_range")) {
      if (!refusal.empty())
        return reply(R"({"status":"error","error":")" + refusal + "\"}", "422 Unprocessable Entity");
      return reply(R"({"status":"success","data":{"resultType":"matrix","result":[)" + ranges_ + "]}}");
    }
    if (!target.starts_with("/api/v1/query?")) return LoopbackServer::answer("404 Not Found", "", "");
    return reply(R"({"status":"success","data":{"resultType":"vector","result":[)" + vector_of(query) + "]}}");
  }

  std::string vector_of(const std::string& query) const {
    std::string result;
    const auto value_of = [&](const std::string& part) {
      for (const Value& one : known_.at(part)) {
        result +=
            (result.empty() ? "" : ",") + (R"({"metric":{)" + one.labels + R"(},"value":[1,")" + one.value + "\"]}");
      }
    };
    // "rate(x" before "x"
    for (auto one = known_.rbegin(); one != known_.rend() && result.empty(); ++one) {
      if (query.find(one->first) != std::string::npos) value_of(one->first);
    }
    return result;
  }

  std::string targets() const {
    if (!knows_targets) return LoopbackServer::answer("404 Not Found", "", "");
    return reply(R"({"status":"success","data":{"activeTargets":[{"labels":{"job":"churn","instance":"churn:8080"},)"
                 R"("scrapeUrl":"https://10.0.0.7:8080/metrics"}]}})");
  }

  std::mutex mutex_;
  std::map<std::string, std::vector<Value>> known_;
  std::string ranges_;
  std::vector<std::string> asked_;
  LoopbackServer server_{LoopbackServer::Answer([this](const std::string& target) { return answer(target); })};
};

struct Said {
  int code = 0;
  std::string out, err;

  // The services with findings, worst first, from JSON.
  std::vector<std::string> ranked() const {
    std::vector<std::string> names;
    const json::value report = json::parse(out);
    for (const json::value& service : report.at("services").as_array()) {
      if (!service.at("findings").as_array().empty()) names.emplace_back(service.at("job").as_string());
    }
    return names;
  }
};

Said fleet(const FakePrometheus& prometheus, bool as_json = false, const std::string& match = "") {
  FleetOptions options;
  options.prometheus_url = prometheus.url();
  options.json = as_json;
  options.match = match;
  std::ostringstream out, err;
  const int code = run_fleet(options, out, err);
  return {code, out.str(), err.str()};
}

TEST(Fleet, IsSilentOnHealthyServices) {
  FakePrometheus prometheus;
  prometheus.add_service("calm", "0.3");
  const Said said = fleet(prometheus);
  EXPECT_EQ(said.code, 0) << said.err;
  EXPECT_THAT(said.out, AllOf(HasSubstr("1 services, 0 with findings"), Not(HasSubstr("Deserve a profile"))));
}

TEST(Fleet, RanksByWhatIsLost) {
  FakePrometheus prometheus;
  for (const char* name : {"calm", "growing", "churn", "throttled"}) prometheus.add_service(name, "1.8");
  prometheus.set("go_gc_duration_seconds_count{", "churn", "400");
  prometheus.set("go_memstats_next_gc_bytes{", "churn", "4194304");
  prometheus.set_labelled("rate(container_cpu_cfs_throttled_periods_total", R"("name":"throttled")", "0.1");
  const Said said = fleet(prometheus, true);
  EXPECT_EQ(said.code, 1) << said.err;
  // churn: high; throttled: a warning; the others burn 1.8 cores and nobody knows for what.
  EXPECT_THAT(said.ranked(), ElementsAre("churn", "throttled", "calm", "growing"));
}

TEST(Fleet, NamesTheCommandThatTakesAProfile) {
  FakePrometheus prometheus;
  prometheus.add_service("busy", "1.8");
  prometheus.add_service("churn", "1.8");
  EXPECT_THAT(fleet(prometheus).out, AllOf(HasSubstr("\n  weft doctor http://busy:8080\n"),
                                           HasSubstr("\n  weft doctor https://10.0.0.7:8080/metrics\n")));
  prometheus.knows_targets = false;
  EXPECT_THAT(fleet(prometheus).out, HasSubstr("\n  weft doctor http://churn:8080\n"));
}

TEST(Fleet, SaysWhatItCouldNotJudge) {
  FakePrometheus prometheus;
  prometheus.add_service("plain", "0.3");
  prometheus.set("process_cpu_seconds_total{", "python", "5");
  prometheus.refusal = "too many samples";
  EXPECT_THAT(fleet(prometheus).out,
              AllOf(HasSubstr("the collector's share: not exported"), HasSubstr("no container_* metrics"),
                    HasSubstr("goroutines over time: seen too briefly (1 of 1)"),
                    HasSubstr("1 processes that are neither"), HasSubstr("too many samples")));
}

TEST(Fleet, AsksForTheSelectedOnly) {
  FakePrometheus prometheus;
  prometheus.add_service("api", "0.3");
  for (const char* match : {"job=\"api\"", "{job=\"api\"}", " {job=\"api\",} "}) fleet(prometheus, false, match);
  const std::vector<std::string> asked = prometheus.asked();
  EXPECT_EQ(std::count(asked.begin(), asked.end(), "rate(process_cpu_seconds_total{job=\"api\"}[300s])"), 3);
}

TEST(Fleet, ReadsContainersOfKubernetes) {
  FakePrometheus prometheus;
  const std::string own = R"("job":"api","instance":"10.1.1.1:80","namespace":"shop","pod":"api-1")";
  prometheus.set_labelled("go_goroutines{", own, "10");
  prometheus.set_labelled("rate(process_cpu_seconds_total{", own, "0.4");
  prometheus.set_labelled("go_sched_gomaxprocs_threads{", own, "16");
  const std::string container = R"("namespace":"shop","pod":"api-1","container":"main")";
  prometheus.set_labelled("rate(container_cpu_cfs_throttled_periods_total", container, "0.61");
  prometheus.set_labelled("rate(container_cpu_cfs_throttled_periods_total",
                          R"("namespace":"shop","pod":"api-1","container":"POD")", "0.99");
  prometheus.set_labelled("rate(container_cpu_cfs_throttled_periods_total",
                          R"("namespace":"other","pod":"api-1","container":"main")", "0.98");
  prometheus.set_labelled("container_spec_cpu_quota", container, "0.5");
  EXPECT_THAT(fleet(prometheus).out, HasSubstr("S11: throttled in 61 % of the scheduler's periods, quota 0.5 CPUs: "
                                               "GOMAXPROCS=16 is too many"));
}

TEST(Fleet, SaysWhyItCannotAsk) {
  std::ostringstream out, err;
  EXPECT_EQ(run_fleet({.prometheus_url = "http://127.0.0.1:1", .match = "", .bearer_token = ""}, out, err), 2);
  EXPECT_THAT(err.str(), HasSubstr("connection refused"));
  for (const char* body :
       {"{}", "[1", "{\"status\":\"success\"}", "<html>", "{\"status\":\"error\",\"error\":\"who are you\"}"}) {
    LoopbackServer other(LoopbackServer::Answer([body](const std::string&) {
      return LoopbackServer::answer("200 OK", "Content-Type: application/json\r\n", body);
    }));
    std::ostringstream said;
    EXPECT_EQ(run_fleet({.prometheus_url = other.url(), .match = "", .bearer_token = ""}, out, said), 2) << body;
    EXPECT_THAT(said.str(), testing::AnyOf(HasSubstr("not the answer of a Prometheus"), HasSubstr("who are you")));
  }
  FakePrometheus empty;
  EXPECT_EQ(fleet(empty).code, 2);
  EXPECT_THAT(fleet(empty, false, "job=\"x\"").err, HasSubstr("no Go or weft service that {job=\"x\"} selects"));
}

TEST(Fleet, SurvivesStrangeAnswers) {
  FakePrometheus prometheus;
  prometheus.set_labelled("go_goroutines{", R"("job":"\u001b[31m","instance":"x' y")", "10");
  prometheus.set_labelled("rate(process_cpu_seconds_total{", R"("job":"\u001b[31m","instance":"x' y")", "2");
  prometheus.set("go_goroutines{", "b", "NaN");
  prometheus.set("go_goroutines{", "c", "+Inf");
  prometheus.set("go_goroutines{", "d", "many");
  const Said said = fleet(prometheus);
  EXPECT_THAT(said.out,
              AllOf(HasSubstr("2 services"), Not(HasSubstr("\x1b")), HasSubstr("weft doctor 'http://x'\\'' y'")));
}

TEST(PrometheusApi, TakesTheAddressOfAPageOfIt) {
  FakePrometheus prometheus;
  for (const char* path : {"", "/", "/graph?g0.expr=up", "/api/v1/query", "/classic/targets"}) {
    EXPECT_EQ(PrometheusApi(prometheus.url(path), {}).now(), kNow) << path;
  }
}

Service service_with(std::initializer_list<std::pair<Measure, double>> measures) {
  Service service;
  service.job = "a";
  for (const auto& [measure, value] : measures) service.measures[static_cast<std::size_t>(measure)] = value;
  return service;
}

// The rules that fire, worst first.
std::vector<std::string> rules_of(Service service) {
  std::vector<std::string> rules;
  for (const FleetFinding& finding : judge_service(std::move(service)).findings) rules.push_back(finding.rule);
  return rules;
}

std::vector<std::string> rules_for(std::initializer_list<std::pair<Measure, double>> measures) {
  return rules_of(service_with(measures));
}

// The numbers of ../doctor/profiles, 05small-before, and of its cure.
TEST(FleetRules, FindsTheChurnOfATinyHeap) {
  EXPECT_THAT(rules_for({{Measure::kCores, 1.77}, {Measure::kCyclesPerSecond, 401}, {Measure::kHeapGoal, 4.2e6}}),
              ElementsAre("R2/S05b"));
  EXPECT_THAT(rules_for({{Measure::kCores, 0.4}, {Measure::kCyclesPerSecond, 7.9}, {Measure::kHeapGoal, 256e6}}),
              IsEmpty());
}

TEST(FleetRules, FindsALimitThatIsTooTight) {
  EXPECT_THAT(rules_for({{Measure::kCores, 1},
                         {Measure::kCyclesPerSecond, 5},
                         {Measure::kHeapGoal, 90e6},
                         {Measure::kMemoryLimit, 100e6},
                         {Measure::kRuntimeTotal, 97e6}}),
              ElementsAre("R2/S05c"));
}

TEST(FleetRules, ReadsTheCollectorsShareOnlyWhenACollectionEnded) {
  const std::pair<Measure, double> live{Measure::kHeapLive, 900e6}, share{Measure::kGcShare, 0.2},
      cores{Measure::kCores, 2};
  EXPECT_THAT(rules_for({live, share, cores, {Measure::kCyclesPerSecond, 0.5}}), ElementsAre("R2/S05a"));
  const FleetVerdict stale = judge_service(service_with({live, share, cores, {Measure::kCyclesPerSecond, 0}}));
  EXPECT_THAT(stale.not_judged, Contains(HasSubstr("no collection ended")));
  EXPECT_EQ(stale.findings.front().rule, "G1");
}

TEST(FleetRules, FindsOverload) {
  EXPECT_THAT(rules_for({{Measure::kRunnable, 4137}, {Measure::kProcessors, 2}}), ElementsAre("R6/S02"));
  EXPECT_THAT(rules_for({{Measure::kLatencyP99, 0.117}}), ElementsAre("R6/S02"));
  EXPECT_THAT(rules_for({{Measure::kRunnable, 60}, {Measure::kProcessors, 2}, {Measure::kLatencyP99, 0.01}}),
              IsEmpty());
}

Service service_with_goroutines(std::initializer_list<double> counts) {
  Service service;
  double at = 0;
  for (const double count : counts) service.goroutines.emplace_back(at += 300, count);
  return service;
}

TEST(FleetRules, TellsGrowthFromAPlateau) {
  EXPECT_THAT(rules_of(service_with_goroutines({500, 900, 1500, 2600, 4000})), ElementsAre("R6"));
  EXPECT_THAT(rules_of(service_with_goroutines({90, 4000, 3000, 2000, 1500})), ElementsAre("R6"));  // ten times as many
  EXPECT_THAT(rules_of(service_with_goroutines({9000, 9900, 9100, 9800, 9050})), IsEmpty());
  EXPECT_THAT(rules_of(service_with_goroutines({10, 20, 40, 80})), IsEmpty());
  EXPECT_THAT(rules_of(service_with_goroutines({500, 5000})), IsEmpty());
}

TEST(FleetRules, LooksAtMemoryLimits) {
  const std::pair<Measure, double> limit{Measure::kContainerLimit, 512e6}, used{Measure::kContainerUsed, 450e6};
  EXPECT_THAT(rules_for({limit, used, {Measure::kMemoryLimit, 9.3e18}}), ElementsAre("X1"));
  EXPECT_THAT(rules_for({limit, used, {Measure::kMemoryLimit, 460e6}}), IsEmpty());
  EXPECT_THAT(rules_for({limit, {Measure::kResident, 500e6}, {Measure::kMemoryLimit, 460e6}}), ElementsAre("X1"));
}

TEST(FleetRules, FindsMemoryThatLiesFree) {
  const std::pair<Measure, double> resident{Measure::kResident, 960e6}, free{Measure::kFree, 900e6};
  EXPECT_THAT(rules_for({resident, free, {Measure::kAllocatedBytes, 1e4}}), ElementsAre("S06"));
  EXPECT_THAT(rules_for({resident, free, {Measure::kAllocatedBytes, 1e8}}), IsEmpty());
}

TEST(FleetRules, HintsAtAllocationsAndCrossings) {
  EXPECT_THAT(rules_for({{Measure::kCores, 0.95}, {Measure::kAllocatedObjects, 2.43e6}}), ElementsAre("R1"));
  EXPECT_THAT(rules_for({{Measure::kCores, 0.95}, {Measure::kCgoCalls, 30e6}}), ElementsAre("R4"));
  EXPECT_THAT(rules_for({{Measure::kCores, 0.4}, {Measure::kAllocatedObjects, 1e5}, {Measure::kCgoCalls, 1e5}}),
              IsEmpty());
}

TEST(FleetRules, AnIdleServiceLosesNothing) {
  const FleetVerdict verdict = judge_service(
      service_with({{Measure::kCores, 0.03}, {Measure::kCyclesPerSecond, 12}, {Measure::kHeapGoal, 4.2e6}}));
  EXPECT_EQ(verdict.severity(), FleetSeverity::kInfo);
}

TEST(FleetRules, WritesNumbersShort) {
  EXPECT_EQ(short_number(401), "401");
  EXPECT_EQ(short_number(12345.6), "12346");
  EXPECT_EQ(short_number(1.774), "1.77");
  EXPECT_EQ(short_number(0.0312), "0.0312");
  EXPECT_EQ(short_number(16), "16");
  EXPECT_EQ(short_number(0.5), "0.5");
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_bytes(4194304), "4.19 MB");
}

}  // namespace
}  // namespace weft::doctor
