#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "doctor/bundle.h"
#include "doctor/collect.h"
#include "doctor/debug_server.h"
#include "doctor/intake.h"
#include "doctor/loopback_server.h"

namespace weft::doctor {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kMetrics =
    "# TYPE go_goroutines gauge\ngo_goroutines 12\n"
    "# TYPE go_info gauge\ngo_info{version=\"go1.27.4\"} 1\n"
    "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 1.5\n";

std::string captured(const std::string& name) {
  std::ifstream file(WEFT_SOURCE_DIR "/tests/data/doctor/http/" + name + ".body", std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Answers as net/http/pprof of Go 1.27 did. The CPU profile comes once the goroutines have been counted beside it.
class FakeGo {
 public:
  using Answers = std::map<std::string, std::string>;

  explicit FakeGo(std::string prefix = "") : prefix_(std::move(prefix)) {
    for (const char* name : {"heap", "allocs", "goroutine", "goroutineleak", "mutex", "block", "threadcreate"}) {
      answers["/debug/pprof/" + std::string(name)] = profile(captured(name));
    }
    answers["/debug/pprof/goroutine?debug=2"] = text("200 OK", captured("goroutine_d2"));
    answers["/metrics"] = text("200 OK", kMetrics);
  }

  std::string url(std::string_view path = "") const { return server_.url(path); }
  static std::string profile(std::string_view bytes) {
    return LoopbackServer::answer("200 OK", "Content-Type: application/octet-stream\r\n", bytes);
  }
  static std::string text(std::string_view status, std::string_view bytes) {
    return LoopbackServer::answer(status, "Content-Type: text/plain; charset=utf-8\r\n", bytes);
  }

  int asked(const std::string& target) {
    const std::lock_guard lock(mutex_);
    return asked_[target];
  }
  void note_progress(const std::string& line) {
    const std::lock_guard lock(mutex_);
    progress.push_back(line);
    changed_.notify_all();
  }

  // Set before the first question.
  Answers answers;
  int busy_times = 0;
  int longest_profile = 1000;
  bool profile_awaits_progress = false;
  std::vector<std::string> progress;

 private:
  std::string answer(std::string target) {
    std::unique_lock lock(mutex_);
    if (!target.starts_with(prefix_)) return text("404 Not Found", "404 page not found\n");
    target.erase(0, prefix_.size());
    ++asked_[target];
    changed_.notify_all();
    if (target.starts_with("/debug/pprof/profile?seconds=")) return cpu_profile(target, lock);
    const auto found = answers.find(target);
    return found != answers.end() ? found->second : text("404 Not Found", "Unknown profile\n");
  }

  std::string cpu_profile(const std::string& target, std::unique_lock<std::mutex>& lock) {
    if (answers.contains(target)) return answers[target];
    if (busy_times-- > 0) return text("500 Internal Server Error", captured("cpu_busy"));
    if (std::atoi(target.c_str() + target.rfind('=') + 1) > longest_profile) {
      return text("400 Bad Request", "profile duration exceeds server's WriteTimeout\n");
    }
    constexpr seconds kHang{20};
    changed_.wait_for(lock, kHang, [this] {
      const auto told = std::count_if(progress.begin(), progress.end(),
                                      [](const std::string& line) { return line.find('%') != std::string::npos; });
      return asked_["/debug/pprof/goroutine"] >= 2 && (!profile_awaits_progress || told > 0);
    });
    return profile(captured("cpu"));
  }

  std::string prefix_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> asked_;  // under mutex_
  LoopbackServer server_{LoopbackServer::Answer([this](const std::string& target) { return answer(target); })};
};

CollectOptions brief(FakeGo& go) {
  CollectOptions options;
  options.cpu_seconds = seconds(1);
  options.answer_timeout = seconds(20);
  options.progress = [&go](const std::string& line) { go.note_progress(line); };
  return options;
}

Evidence collected(FakeGo& go, const CollectOptions& options) {
  Evidence evidence;
  collect_url(evidence, go.url(), options);
  settle(evidence);
  return evidence;
}

std::string why_not(const std::string& url) {
  Evidence evidence;
  try {
    collect_url(evidence, url, {});
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

TEST(CollectUrl, TakesSnapshotsBeforeDuringAndAfter) {
  FakeGo go;
  const Evidence evidence = collected(go, brief(go));
  EXPECT_TRUE(evidence.live);
  EXPECT_THAT(evidence.unread, IsEmpty());
  EXPECT_TRUE(evidence.cpu);
  EXPECT_EQ(evidence.heap_snapshots.size(), 2u);
  EXPECT_GE(evidence.goroutine_snapshots.size(), 3u);
  ASSERT_GE(evidence.metrics.size(), 2u);
  EXPECT_LT(evidence.metrics.front().unix_seconds.value(), evidence.metrics.back().unix_seconds.value());
  EXPECT_EQ(evidence.go_version, "go1.27.4");
  EXPECT_TRUE(evidence.allocs && evidence.mutex && evidence.block && evidence.thread_create);
  EXPECT_EQ(evidence.dumps.size(), 1u);
  ASSERT_TRUE(evidence.profile_delay_seconds);
  EXPECT_GE(*evidence.profile_delay_seconds, 0);
}

TEST(CollectUrl, LooksForLeaksOnlyWhenTold) {
  FakeGo go;
  CollectOptions options = brief(go);
  collected(go, options);
  EXPECT_EQ(go.asked("/debug/pprof/goroutineleak"), 0);
  options.leak_profile = true;
  EXPECT_TRUE(collected(go, options).goroutine_leak);
}

TEST(CollectUrl, TellsHowFarTheProfileIs) {
  FakeGo go;
  go.profile_awaits_progress = true;
  CollectOptions options = brief(go);
  options.cpu_seconds = seconds(5);
  EXPECT_TRUE(collected(go, options).cpu);
  EXPECT_THAT(go.progress, Contains(testing::MatchesRegex("CPU profile: [2468]0 %, [1-4] s remaining")));
}

TEST(CollectUrl, AsksAgainWhileAnotherProfileIsTaken) {
  FakeGo go;
  go.busy_times = 1;
  const Evidence evidence = collected(go, brief(go));
  EXPECT_TRUE(evidence.cpu);
  EXPECT_EQ(go.asked("/debug/pprof/profile?seconds=1"), 2);
  EXPECT_THAT(go.progress, Contains(HasSubstr("asking again")));
}

TEST(CollectUrl, SaysThatAnotherProfileIsAlwaysTaken) {
  FakeGo go;
  go.busy_times = 1000;
  CollectOptions options = brief(go);
  options.busy_timeout = seconds(0);
  const Evidence evidence = collected(go, options);
  EXPECT_FALSE(evidence.cpu);
  EXPECT_THAT(evidence.unread, Contains(AllOf(HasSubstr("cpu: "), HasSubstr("already in use"))));
  EXPECT_EQ(evidence.heap_snapshots.size(), 2u);
}

TEST(CollectUrl, TakesAShorterProfileWhereTheServerAllowsNoLonger) {
  FakeGo go;
  go.longest_profile = 1;
  CollectOptions options = brief(go);
  options.cpu_seconds = seconds(2);
  EXPECT_TRUE(collected(go, options).cpu);
  EXPECT_EQ(go.asked("/debug/pprof/profile?seconds=1"), 1);
}

// A profile of so many goroutines that all stand at the same place, which is not known.
std::string goroutine_profile_of_10000() {
  using namespace std::string_literals;
  return "\x0a\x04\x08\x01\x10\x02"s + "\x12\x03\x10\x90\x4e"s + "\x32\x00"s + "\x32\x09goroutine"s +
         "\x32\x05"s
         "count"s;
}

TEST(CollectUrl, DumpsNoMultitude) {
  FakeGo go;
  go.answers["/debug/pprof/goroutine"] = FakeGo::profile(goroutine_profile_of_10000());
  const Evidence evidence = collected(go, brief(go));
  EXPECT_EQ(go.asked("/debug/pprof/goroutine?debug=2"), 0);
  EXPECT_THAT(evidence.unread, Contains(HasSubstr("10000 goroutines are too many")));
}

TEST(CollectUrl, WatchesMetricsWhereThereIsNothingElse) {
  FakeGo go;
  go.answers = FakeGo::Answers{{"/metrics", FakeGo::text("200 OK", kMetrics)},
                               {"/debug/pprof/profile?seconds=3", FakeGo::text("404 Not Found", "")}};
  CollectOptions options = brief(go);
  options.cpu_seconds = seconds(3);  // a busy machine may come to look between the first and the last time once only
  const Evidence evidence = collected(go, options);
  ASSERT_GE(evidence.metrics.size(), 3u);
  EXPECT_GE(*evidence.metrics.back().unix_seconds - *evidence.metrics.front().unix_seconds, 3.0);
  EXPECT_THAT(evidence.unread, Contains(HasSubstr("no profiles: ")));
}

TEST(CollectUrl, SaysWhatAServerDoesNotOffer) {
  FakeGo go;
  go.answers.erase("/debug/pprof/mutex");
  go.answers.erase("/debug/pprof/block");
  EXPECT_THAT(collected(go, brief(go)).unread, Contains(HasSubstr("does not offer: mutex, block")));
}

TEST(CollectUrl, SaysWhyNothingAnswers) {
  EXPECT_THAT(why_not("http://127.0.0.1:1"), HasSubstr("connection refused"));
  FakeGo nothing("/elsewhere");
  EXPECT_THAT(why_not(nothing.url()), AllOf(HasSubstr("neither profiles nor metrics"), HasSubstr("404 Not Found")));
  LoopbackServer locked(
      LoopbackServer::Answer([](const std::string&) { return FakeGo::text("401 Unauthorized", ""); }));
  EXPECT_THAT(why_not(locked.url()), HasSubstr("bearer token"));
  LoopbackServer page(LoopbackServer::Answer([](const std::string&) {
    return LoopbackServer::answer("200 OK", "Content-Type: text/html\r\n", "<html>any path</html>");
  }));
  EXPECT_THAT(why_not(page.url()), HasSubstr("a web page"));
}

TEST(CollectUrl, AnAnswerThatNobodyUnderstandsIsNone) {
  for (const char* body : {"", "{\"error\":\"not found\"}", "\x1\x2\x3"}) {
    LoopbackServer same(LoopbackServer::Answer([body](const std::string&) { return FakeGo::profile(body); }));
    EXPECT_THAT(why_not(same.url()), HasSubstr("neither profiles nor metrics")) << body;
  }
}

TEST(CollectUrl, AsksNoThirdTimeWhereNobodyAnswers) {
  std::atomic<int> asked{0};
  LoopbackServer mute([&asked](LoopbackServer&, LoopbackServer::Socket& socket) {
    LoopbackServer::read_head(socket);
    ++asked;
  });
  EXPECT_THAT(why_not(mute.url()), HasSubstr("without an answer"));
  EXPECT_EQ(asked, 2);
}

TEST(CollectUrl, KeepsWhatMakesTheSameReport) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / ("weft_collect_url_test" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  FakeGo go;
  CollectOptions options = brief(go);
  options.save_folder = folder / "bundle";
  const Evidence seen = collected(go, options);
  Evidence kept;
  add_folder(kept, options.save_folder);
  settle(kept);
  EXPECT_THAT(kept.unread, IsEmpty());
  EXPECT_TRUE(kept.cpu && kept.allocs && kept.mutex && kept.block && kept.thread_create);
  EXPECT_EQ(kept.heap_snapshots.size(), seen.heap_snapshots.size());
  EXPECT_EQ(kept.goroutine_snapshots.size(), seen.goroutine_snapshots.size());
  EXPECT_EQ(kept.dumps.size(), seen.dumps.size());
  ASSERT_EQ(kept.metrics.size(), seen.metrics.size());
  for (std::size_t i = 0; i < kept.metrics.size(); ++i) {
    EXPECT_NEAR(kept.metrics[i].unix_seconds.value_or(0), *seen.metrics[i].unix_seconds, 1e-3);
  }
  std::filesystem::remove_all(folder);
}

TEST(DebugServer, FindsTheRootFromAnyOfItsPages) {
  FakeGo go;
  for (const char* path : {"", "/", "/debug/pprof", "/debug/pprof/", "/debug/pprof/profile?seconds=5", "/debug/vars",
                           "/debug/", "/metrics", "/debug/pprof/heap"}) {
    const DebugServer server(go.url(path), {});
    EXPECT_TRUE(server.ask("/debug/pprof/heap").body) << path;
    EXPECT_TRUE(server.ask_metrics().body) << path;
  }
}

TEST(DebugServer, KeepsTheWayToAProgramBehindAPath) {
  FakeGo go("/team/app");
  for (const char* path : {"/team/app", "/team/app/", "/team/app/debug/pprof/goroutine?debug=1", "/team/app/metrics"}) {
    const DebugServer server(go.url(path), {});
    EXPECT_TRUE(server.ask("/debug/pprof/heap").body) << path;
    EXPECT_TRUE(server.ask_metrics().body) << path;
  }
}

TEST(DebugServer, FallsBackToTheRoot) {
  FakeGo go;
  go.answers["/api/metrics"] = FakeGo::text("200 OK", kMetrics);
  DebugServer server(go.url("/api/metrics"), {});
  EXPECT_TRUE(server.ask("/debug/pprof/heap").missing());
  EXPECT_TRUE(server.fall_back_to_root());
  EXPECT_TRUE(server.ask("/debug/pprof/heap").body);
  EXPECT_TRUE(server.ask_metrics().body);
  EXPECT_FALSE(server.fall_back_to_root());
}

TEST(StampedPage, GivesATimeToSamplesThatHaveNone) {
  EXPECT_EQ(stamped_page("# HELP a b\na 1\nb{c=\"} 2\"} 3 \nd 4 5\n\ne{} 6", 1.5),
            "# HELP a b\na 1 1500\nb{c=\"} 2\"} 3 1500\nd 4 5\n\ne{} 6 1500\n");
  EXPECT_EQ(stamped_page("a 1\r\n# EOF\n", 1.5), "a 1 1.500\n# EOF\n");
  EXPECT_EQ(stamped_page("", 1), "");
  EXPECT_EQ(stamped_page("}\n{\nx\n", 1), "}\n{\nx\n");
  EXPECT_EQ(stamped_expvar("\n{\"a\": 1}\n", 1.5), "{\"weft_doctor_unix_nano\": 1500000000, \"a\": 1}\n");
  EXPECT_EQ(stamped_expvar("{ }", 1.5), "{\"weft_doctor_unix_nano\": 1500000000 }");
  EXPECT_EQ(stamped_expvar("[1]", 1.5), "[1]");
}

}  // namespace
}  // namespace weft::doctor
