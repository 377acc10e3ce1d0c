// The window: snapshots, then the CPU profile with a thread that counts goroutines beside it, then the same snapshots
// again; so all that is a difference spans the profile. What costs the service something comes last, or when asked.
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "doctor/collect.h"
#include "doctor/debug_server.h"
#include "doctor/goroutine_watch.h"
#include "doctor/intake.h"

namespace weft::doctor {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kMostGoroutinesToDump = 10'000;

std::int64_t total(const pprof::Profile& profile) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < profile.samples.size(); ++i) sum += profile.value(i, 0);
  return sum;
}

std::optional<std::int64_t> latest_goroutines(const Evidence& evidence) {
  const auto& snapshots = evidence.goroutine_snapshots;
  if (!snapshots.empty() && !snapshots.back().sample_types.empty()) return total(snapshots.back());
  if (evidence.goroutine && !evidence.goroutine->sample_types.empty()) return total(*evidence.goroutine);
  return std::nullopt;
}

class UrlCollector {
 public:
  UrlCollector(Evidence& evidence, const std::string& url, const CollectOptions& options)
      : evidence_(evidence), options_(options), server_(url, options), intake_(evidence, options.save_folder) {}

  void run() {
    options_.progress("asking " + server_.text());
    find();
    evidence_.live = true;
    if (evidence_.name.empty()) evidence_.name = server_.authority();
    evidence_.sources.push_back(fmt::format("{}: {}{}{}", server_.text(), has_profiles_ ? "/debug/pprof" : "",
                                            has_profiles_ && has_metrics_ ? " and " : "",
                                            has_metrics_ ? "metrics" : ""));
    if (has_profiles_) once("heap.start", "heap");
    window();
    if (has_vars_) vars("vars.stop", server_.ask("/debug/vars"));
    if (has_metrics_) metrics("metrics.stop", server_.ask_metrics());
    if (has_profiles_) finish_profiles();
    if (!not_offered_.empty()) evidence_.unread.push_back(server_.text() + " does not offer: " + not_offered_);
  }

 private:
  // The first snapshots show what is there.
  void find() {
    Reply goroutine = server_.ask("/debug/pprof/goroutine");
    if (goroutine.missing() && server_.fall_back_to_root()) goroutine = server_.ask("/debug/pprof/goroutine");
    const Reply page = server_.ask_metrics();
    if (goroutine.status == 0 && page.status == 0) give_up(goroutine, page);  // nobody is there: no third wait
    const Reply variables = server_.ask("/debug/vars");
    has_profiles_ = goroutine.body.has_value();
    has_metrics_ = page.body.has_value();
    has_vars_ = variables.body.has_value();
    if (!has_profiles_ && !has_metrics_ && !has_vars_) give_up(goroutine, page);
    const std::size_t sources = evidence_.sources.size(), unread = evidence_.unread.size();
    if (has_profiles_) intake_.take("goroutine.start", ".pb.gz", *goroutine.body);
    if (has_metrics_) metrics("metrics.start", page);
    if (has_vars_) vars("vars.start", variables);
    if (evidence_.sources.size() == sources) {  // some programs have the same answer to every question
      throw std::runtime_error(server_.text() + " answers with neither profiles nor metrics (" +
                               (evidence_.unread.size() > unread ? evidence_.unread[unread] : "nothing known") +
                               "): is it the debug port?");
    }
    if (!has_profiles_) evidence_.unread.push_back("no profiles: " + goroutine.problem);
    if (!has_metrics_ && !has_vars_) evidence_.unread.push_back("no metrics: " + page.problem);
  }

  [[noreturn]] void give_up(const Reply& goroutine, const Reply& page) const {
    if (goroutine.status == 0) throw std::runtime_error(goroutine.problem);
    if (goroutine.status == 401 || goroutine.status == 403) {
      throw std::runtime_error(goroutine.problem + ": give a user in the URL, or a bearer token");
    }
    throw std::runtime_error(server_.text() + " has neither profiles nor metrics (" + goroutine.problem + "; " +
                             page.problem + "): is it the debug port?");
  }

  // Takes one profile by its name in the URL.
  void once(const std::string& name, const std::string& profile) {
    const Reply reply = server_.ask("/debug/pprof/" + profile);
    if (reply.body) {
      intake_.take(name, ".pb.gz", *reply.body);
    } else if (reply.missing()) {
      not_offered_ += (not_offered_.empty() ? "" : ", ") + profile;
    } else {
      evidence_.unread.push_back(name + ": " + reply.problem);
    }
  }

  void metrics(const std::string& name, const Reply& reply) {
    if (reply.body) {
      intake_.take_metrics(name, *reply.body, reply.unix_seconds);
    } else {
      evidence_.unread.push_back(name + ": " + reply.problem);
    }
  }

  void vars(const std::string& name, const Reply& reply) {
    if (reply.body) {
      intake_.take_expvar(name, *reply.body, reply.unix_seconds);
    } else {
      evidence_.unread.push_back(name + ": " + reply.problem);
    }
  }

  void window() {
    constexpr milliseconds kMostOften{200}, kRarest{5'000};
    const Clock::time_point end = Clock::now() + options_.cpu_seconds;
    GoroutineWatch watch(
        server_, {.every = std::clamp<milliseconds>(milliseconds(options_.cpu_seconds) / 4, kMostOften, kRarest),
                  .profiles = has_profiles_,
                  .metrics = has_metrics_});
    if (has_profiles_) cpu_profile();
    wait_until(end);
    GoroutineWatch::Taken taken = watch.finish();
    int number = 0;
    for (const Reply& reply : taken.profiles) {
      ++number;
      if (reply.body) intake_.take(fmt::format("goroutine.{:03}", number), ".pb.gz", *reply.body);
    }
    number = 0;
    for (const Reply& reply : taken.metrics) metrics(fmt::format("metrics.start.{:03}", ++number), reply);
  }

  void cpu_profile() {
    const Clock::time_point patience = Clock::now() + options_.busy_timeout;
    seconds length = options_.cpu_seconds;
    while (true) {
      const Reply reply = ask_cpu_profile(length);
      if (reply.body) {
        evidence_.profile_delay_seconds = std::max(0.0, reply.seconds - static_cast<double>(length.count()));
        intake_.take("cpu", ".pb.gz", *reply.body);
        return;
      }
      const bool busy = reply.problem.find("already in use") != std::string::npos;
      if (busy && Clock::now() < patience) {
        options_.progress("another CPU profile is being taken: asking again");
        std::this_thread::sleep_for(kBusyPause);
      } else if (reply.problem.find("WriteTimeout") != std::string::npos && length > seconds(1)) {
        length = std::max(length / 2, seconds(1));
        options_.progress(fmt::format("the server allows no such long answer: trying {} s", length.count()));
      } else {
        evidence_.unread.push_back("cpu: " + reply.problem +
                                   (busy ? ": somebody else takes one all the time (a continuous profiler?)" : ""));
        return;
      }
    }
  }

  Reply ask_cpu_profile(seconds length) const {
    const Clock::time_point start = Clock::now();
    return server_.ask(fmt::format("/debug/pprof/profile?seconds={}", length.count()), length, [&] {
      const auto spent = std::chrono::duration_cast<seconds>(Clock::now() - start);
      options_.progress(spent < length ? fmt::format("CPU profile: {} %, {} s remaining", 100 * spent / length,
                                                     (length - spent).count())
                                       : fmt::format("CPU profile: the answer is {} s late", (spent - length).count()));
    });
  }

  // Metrics need their window where the profile's endpoint did not take it.
  void wait_until(Clock::time_point end) const {
    while (Clock::now() < end) {
      const auto left = std::chrono::ceil<seconds>(end - Clock::now());
      options_.progress(fmt::format("watching the metrics: {} s remaining", left.count()));
      std::this_thread::sleep_until(std::min(end, Clock::now() + seconds(1)));
    }
  }

  void finish_profiles() {
    options_.progress("the second snapshots");
    once("heap.stop", "heap");
    once("goroutine.stop", "goroutine");
    for (const char* name : {"allocs", "mutex", "block", "threadcreate"}) once(name, name);
    dump();
    if (options_.leak_profile) once("goroutineleak", "goroutineleak");
  }

  // Every stack in full: the service stands still while it is written.
  void dump() {
    const std::optional<std::int64_t> goroutines = latest_goroutines(evidence_);
    if (!goroutines || *goroutines >= kMostGoroutinesToDump) {
      evidence_.unread.push_back("goroutine dump: not asked for, " +
                                 (goroutines ? fmt::format("{} goroutines are too many to write out", *goroutines)
                                             : "their number is not known"));
      return;
    }
    const Reply reply = server_.ask("/debug/pprof/goroutine?debug=2");
    if (reply.body) {
      intake_.take("goroutine.dump", ".txt", *reply.body);
    } else {
      evidence_.unread.push_back("goroutine.dump: " + reply.problem);
    }
  }

  static constexpr milliseconds kBusyPause{500};

  Evidence& evidence_;
  const CollectOptions& options_;
  DebugServer server_;
  Intake intake_;
  bool has_profiles_ = false, has_metrics_ = false, has_vars_ = false;
  std::string not_offered_;
};

}  // namespace

void collect_url(Evidence& evidence, const std::string& url, const CollectOptions& options) {
  UrlCollector(evidence, url, options).run();
}

}  // namespace weft::doctor
