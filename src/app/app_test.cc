// A program that an App leads through its life, from outside: what it says, in which order, and how it ends.
#include "weft/app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>

#include "support/child_program.h"
#include "support/notify_socket.h"
#include "support/role_main.h"
#include "weft/health.h"
#include "weft/net.h"
#include "weft/runtime.h"
#include "weft/select.h"
#include "weft/signal.h"
#include "weft/sync.h"
#include "weft/time.h"

namespace weft {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using weft::testing::ChildProgram;

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

// Answers each connection with one line about the program's health, as a server's /readyz would.
class HealthServer {
 public:
  void serve(net::TcpListener listener) {
    listener_ = std::move(listener);
    std::error_code closed;
    while (true) {
      net::TcpStream stream = listener_.accept({}, closed);
      if (closed) return;
      stream.write_all(std::string(health::name(health::phase())));
    }
  }
  void shutdown(const Context&, std::error_code& error) {
    error.clear();
    listener_.close();
  }

 private:
  net::TcpListener listener_;
};

// Ends at shutdown() alone, and says so.
class PlainServer {
 public:
  explicit PlainServer(std::string name) : name_(std::move(name)) {}
  void serve(std::string listener) {
    say(name_ + " serves " + listener);
    stop_.recv();
  }
  void shutdown(const Context& context, std::error_code& error) {
    say(name_ + " drains");
    if (stuck) {
      context.done().recv();
      error = context.error();
    }
    stop_.close();
  }

  bool stuck = false;

 private:
  std::string name_;
  Chan<void> stop_ = make_chan<void>();
};

int whole_life() {
  App app{{.shutdown_timeout = 30s}};
  PlainServer api("api");
  app.validate("config", [] { say("config holds"); });
  app.start("cache", [](Context) { say("cache starts"); }, {.after = {"db"}});
  app.start("db", [](Context) { say("db starts"); }, {.after = {"config"}});
  app.warmup("pages", [] { say("pages are warm"); }, {.required = true});
  app.serve("api", api, std::string("here"));
  app.on_shutdown("flush", 5s, [] { say("flush stops"); });
  app.on_shutdown("cache", 5s, [](Context) { say("cache stops"); });
  app.on_shutdown("db", 5s, [](Context) { say("db stops"); });
  const int code = app.run();
  say("after run");
  return code;
}

TEST(App, LeadsThroughAWholeLife) {
  ChildProgram program("whole_life");
  ASSERT_TRUE(program.wait_for("weft: ready ms=")) << program.all_said();
  program.send(SIGTERM);
  EXPECT_EQ(program.exit_code(), 0);
  std::string order = program.all_said();
  std::size_t at = 0;
  for (const char* line :
       {"config holds", "db starts", "weft: started part=db", "cache starts", "weft: started part=cache", "weft: ready",
        "weft: draining reason=SIGTERM", "api drains", "cache stops", "weft: stopped part=cache", "db stops",
        "flush stops", "weft: ended code=0", "after run"}) {
    const std::size_t found = order.find(line, at);
    ASSERT_NE(found, std::string::npos) << line << " is not there, or too early, in\n" << order;
    at = found;
  }
  EXPECT_LT(order.find("pages are warm"), order.find("weft: ready"));
  EXPECT_THAT(order, HasSubstr("api serves here"));
}

int inside_run() {
  return run([] {
    App app;
    app.start("self", [&app] { app.stop(); });
    return app.run();
  });
}

TEST(App, RunsOnAGoroutineAndStopsWhenAsked) {
  ChildProgram program("inside_run");
  EXPECT_EQ(program.exit_code(), 0) << program.all_said();
  EXPECT_THAT(program.all_said(), HasSubstr("draining reason=stop"));
}

int signals_ignored() {
  App app;
  app.start("self", [&app] {
    signal::ignore({SIGTERM, SIGINT});
    ::raise(SIGTERM);
    app.stop();
  });
  return app.run();
}

TEST(App, GoesOnWhenTheProgramWantsNoSignals) {
  ChildProgram program("signals_ignored");
  EXPECT_EQ(program.exit_code(), 0) << program.all_said();
  EXPECT_THAT(program.all_said(), HasSubstr("draining reason=stop"));
}

int bad_config() {
  App app;
  app.validate("port", [] { throw std::runtime_error("port: \"http\" is no number"); });
  app.validate("good", [] {});
  app.validate("limit", [] { throw std::runtime_error("limit is missing"); });
  app.start("db", [] { say("db starts"); });
  app.on_shutdown("flush", 1s, [] { say("flush stops"); });
  return app.run();
}

TEST(App, NothingStartsWithABadConfig) {
  ChildProgram program("bad_config");
  EXPECT_EQ(program.exit_code(), 78);
  EXPECT_EQ(program.all_said(),
            "weft: invalid check=port error=\"port: \\\"http\\\" is no number\"\n"
            "weft: invalid check=limit error=\"limit is missing\"\n");
}

int signal_while_validating() {
  App app;
  app.validate("remote", [](Context context) {
    say("remote checks");
    context.done().recv();
    throw std::runtime_error("cancelled");
  });
  app.validate("next", [] { say("next checks"); });
  app.start("db", [] { say("db starts"); });
  app.on_shutdown("flush", 1s, [] { say("flush stops"); });
  return app.run();
}

TEST(App, ASignalEndsItsValidationAndNothingStarts) {
  ChildProgram program("signal_while_validating");
  ASSERT_TRUE(program.wait_for("remote checks"));
  program.send(SIGTERM);
  EXPECT_EQ(program.exit_code(), 0) << program.all_said();
  EXPECT_THAT(program.all_said(), HasSubstr("draining reason=SIGTERM"));
  EXPECT_THAT(program.all_said(), HasSubstr("flush stops")) << "it belongs to no part";
  EXPECT_THAT(program.all_said(), Not(HasSubstr("next checks")));
  EXPECT_THAT(program.all_said(), Not(HasSubstr("db starts")));
}

int endless_validation() {
  App app{{.shutdown_timeout = 3s}};
  app.validate("remote", [] {
    say("remote checks");
    make_chan<int>().recv();
  });
  return app.run();
}

TEST(App, TheTimeoutCountsForAValidationToo) {
  ChildProgram program("endless_validation");
  ASSERT_TRUE(program.wait_for("remote checks"));
  program.send(SIGTERM);
  EXPECT_EQ(program.exit_code(), 124);
  EXPECT_THAT(program.all_said(), HasSubstr("remote"));
}

int two_apps() {
  return run([] {
    App first;
    first.start("second", [] {
      try {
        static_cast<void>(App().run());
      } catch (const usage_error& error) {
        say(error.what());
      }
    });
    first.warmup("end", [&] { first.stop(); });
    static_cast<void>(first.run());
    App after;
    after.stop();
    return after.run();
  });
}

TEST(App, OneAtATime) {
  ChildProgram program("two_apps");
  EXPECT_EQ(program.exit_code(), 0) << program.all_said();
  EXPECT_THAT(program.all_said(), HasSubstr("weft::App::run: another App runs\n"));
}

int failed_start() {
  App app;
  auto both = make_chan<void>();
  app.start("db", [] {});
  app.start("slow",
            [both](Context context) {
              both.send();
              context.done().recv();
              say("slow gives up");
              throw std::runtime_error("cancelled");
            },
            {.after = {"db"}});
  app.start("broken",
            [both] {
              both.recv();
              throw std::runtime_error("no such queue");
            },
            {.after = {"db"}});
  app.start("later", [] { say("later starts"); }, {.after = {"broken"}});
  for (const char* name : {"db", "slow", "later"})
    app.on_shutdown(name, 1s, [name] { say(std::string(name) + " stops"); });
  return app.run();
}

TEST(App, AFailedStartCancelsTheOthersAndStopsWhatHasStarted) {
  ChildProgram program("failed_start");
  EXPECT_EQ(program.exit_code(), 1);
  EXPECT_THAT(program.all_said(), HasSubstr("start-failed part=broken error=\"no such queue\""));
  EXPECT_THAT(program.all_said(), HasSubstr("slow gives up"));
  EXPECT_THAT(program.all_said(), HasSubstr("db stops"));
  EXPECT_THAT(program.all_said(), Not(HasSubstr("slow stops"))) << "it has not started";
  EXPECT_THAT(program.all_said(), Not(HasSubstr("later")));
}

int signal_while_starting() {
  App app;
  auto both = make_chan<void>();
  app.start("slow", [both](Context context) {
    both.send();
    context.done().recv();
  });
  app.start("slower", [both](Context context) {
    both.recv();
    say("slow starts");
    context.done().recv();
    throw std::runtime_error("cancelled");
  });
  app.on_shutdown("slow", 1s, [] { say("slow stops"); });
  return app.run();
}

TEST(App, ASignalEndsAStartThatIsUnderWay) {
  ChildProgram program("signal_while_starting");
  ASSERT_TRUE(program.wait_for("slow starts"));
  program.send(SIGINT);
  EXPECT_EQ(program.exit_code(), 0) << program.all_said();
  EXPECT_THAT(program.all_said(), HasSubstr("draining reason=SIGINT"));
  EXPECT_THAT(program.all_said(), HasSubstr("slow stops")) << "it returned, so it has started";
  EXPECT_THAT(program.all_said(), HasSubstr("gave-up part=slower error=cancelled"));
}

// Its clean-up computes on every processor and never looks up: nothing but the handler can end it.
int busy_shutdown() {
  set_max_procs(1);
  App app;
  app.on_shutdown("busy", 60s, [] {
    say("busy");
    while (true) {
    }
  });
  return app.run();
}

TEST(App, ASecondSignalEndsAtOnceWhateverGoesOn) {
  for (const auto& [second, code] : {std::pair(SIGTERM, 143), std::pair(SIGINT, 130)}) {
    ChildProgram program("busy_shutdown");
    ASSERT_TRUE(program.wait_for("ready"));
    program.send(SIGTERM);
    ASSERT_TRUE(program.wait_for("busy"));
    program.send(second);
    EXPECT_EQ(program.exit_code(), code) << program.all_said();
    EXPECT_THAT(program.all_said(), HasSubstr("weft: a second signal (" + std::to_string(second) + "): ends now"));
  }
}

int over_time() {
  App app{{.shutdown_timeout = 3s}};
  app.on_shutdown("flush", 60s, [] { make_chan<int>().recv(); });
  return app.run();
}

TEST(App, OverTheTimeoutItNamesWhatStillRuns) {
  ChildProgram program("over_time");
  ASSERT_TRUE(program.wait_for("ready"));
  program.send(SIGTERM);
  EXPECT_EQ(program.exit_code(), 124);
  EXPECT_THAT(program.all_said(), HasSubstr("weft: over-time code=124 seconds=3 still-running=flush\n"));
  EXPECT_THAT(program.all_said(), HasSubstr("\"flush\" [chan receive")) << "the dump";
}

int left_behind() {
  App app;
  app.on_shutdown("last", 5s, [] { say("last stops"); });
  app.on_shutdown("failing", 5s, [] { throw std::runtime_error("disk full"); });
  app.on_shutdown("stuck", 50ms, [] { make_chan<int>().recv(); });
  app.on_shutdown("punctual", 20ms, [](Context context) { context.done().recv(); });
  return app.run();
}

TEST(App, AShutdownFunctionThatFailsOrStaysDoesNotStopTheOthers) {
  ChildProgram program("left_behind");
  ASSERT_TRUE(program.wait_for("ready"));
  program.send(SIGTERM);
  EXPECT_EQ(program.exit_code(), 1);
  EXPECT_THAT(program.all_said(), HasSubstr("stopped part=punctual"));
  EXPECT_THAT(program.all_said(), HasSubstr("stop-failed part=stuck error=\"over its deadline, left behind\""));
  EXPECT_THAT(program.all_said(), HasSubstr("stop-failed part=failing error=\"disk full\""));
  EXPECT_THAT(program.all_said(), HasSubstr("last stops"));
}

int stuck_server() {
  App app{{.shutdown_timeout = 4s}};
  PlainServer api("api");
  api.stuck = true;
  app.serve("api", api, std::string("here"));
  app.on_shutdown("flush", 3600ms, [] { say("flush stops"); });
  return app.run();
}

TEST(App, AServerThatCannotDrainLeavesTheOthersTheirTime) {
  ChildProgram program("stuck_server");
  ASSERT_TRUE(program.wait_for("ready"));
  program.send(SIGTERM);
  EXPECT_EQ(program.exit_code(), 1) << program.all_said();
  EXPECT_THAT(program.all_said(), HasSubstr("drain-failed server=api error=\"deadline exceeded\""));
  EXPECT_THAT(program.all_said(), HasSubstr("flush stops"));
}

int server_ends() {
  struct Impatient {
    void serve(int) {}
    void shutdown(const Context&, std::error_code&) {}
  } api;
  App app;
  app.serve("api", api, 0);
  return app.run();
}

TEST(App, AServerThatEndsByItselfIsAFailure) {
  ChildProgram program("server_ends");
  EXPECT_EQ(program.exit_code(), 1);
  EXPECT_THAT(program.all_said(), HasSubstr("serve-ended server=api"));
}

int failed_warmup() {
  App app;
  app.warmup("optional", [] { throw std::runtime_error("no matter"); });
  app.warmup("needed", [](Context) { throw std::runtime_error("no pages"); }, {.required = true});
  return app.run();
}

TEST(App, ARequiredWarmupThatFailsEndsTheProgram) {
  ChildProgram program("failed_warmup");
  EXPECT_EQ(program.exit_code(), 1);
  EXPECT_THAT(program.all_said(), HasSubstr("warmup-failed part=needed error=\"no pages\""));
  EXPECT_THAT(program.all_said(), Not(HasSubstr("weft: ready")));
}

// Tells the health that its server shows, at each step of its life.
int health_seen() {
  App app{{.drain_delay = 1ms}};
  HealthServer health_server;
  PlainServer api("api");
  auto listener = net::TcpListener::listen("127.0.0.1:0");
  const std::string address = listener.local_endpoint().to_string();
  auto ask = [&](const char* when) {
    auto stream = net::TcpStream::connect(address);
    std::string answer(32, '\0');
    std::error_code end;
    const std::size_t count = stream.read_full(std::as_writable_bytes(std::span(answer)), end);
    say(std::string(when) + ": " + answer.substr(0, count) + (app.ready() ? ", ready" : ", not ready"));
  };
  app.serve("health", health_server, std::move(listener), {.early = true});
  app.serve("api", api, std::string("here"));
  app.start("part", [&] { ask("while starting"); });
  app.warmup("cache", [&] {
    while (!app.ready()) yield();
    ask("when started");
    app.stop();
  });
  app.on_shutdown("part", 5s, [&] { ask("while stopping"); });
  return app.run();
}

TEST(App, AnEarlyServerShowsTheHealthFromFirstToLast) {
  EXPECT_EQ(health::phase(), health::Phase::kNoApp);
  EXPECT_TRUE(health::ready());
  ChildProgram program("health_seen");
  EXPECT_EQ(program.exit_code(), 0) << program.all_said();
  EXPECT_THAT(program.all_said(), HasSubstr("while starting: starting, not ready\n"));
  EXPECT_THAT(program.all_said(), HasSubstr("when started: ready, ready\n"));
  EXPECT_THAT(program.all_said(), HasSubstr("while stopping: draining, not ready\n"));
}

TEST(App, TellsSystemd) {
  const weft::testing::NotifySocket systemd("@weft-app-test-" + std::to_string(::getpid()));
  ChildProgram program("whole_life", {.environment = {{"NOTIFY_SOCKET", systemd.path()}, {"WATCHDOG_USEC", "20000"}}});
  int alive = 0;
  auto next = [&] {
    std::string message = systemd.receive();
    for (; message == "WATCHDOG=1"; message = systemd.receive()) ++alive;
    return message;
  };
  EXPECT_EQ(next(), "READY=1\nSTATUS=ready");
  while (alive < 3) {
    if (systemd.receive() == "WATCHDOG=1") ++alive;
  }
  program.send(SIGTERM);
  EXPECT_EQ(next(), "STOPPING=1\nSTATUS=draining");
  EXPECT_EQ(program.exit_code(), 0);
}

const weft::testing::Roles kRoles = {
    {"whole_life", whole_life},
    {"inside_run", inside_run},
    {"signals_ignored", signals_ignored},
    {"bad_config", bad_config},
    {"two_apps", two_apps},
    {"failed_start", failed_start},
    {"over_time", over_time},
    {"signal_while_starting", signal_while_starting},
    {"signal_while_validating", signal_while_validating},
    {"endless_validation", endless_validation},
    {"busy_shutdown", busy_shutdown},
    {"left_behind", left_behind},
    {"stuck_server", stuck_server},
    {"server_ends", server_ends},
    {"failed_warmup", failed_warmup},
    {"health_seen", health_seen},
};

}  // namespace
}  // namespace weft

int main(int argc, char** argv) { return weft::testing::run_role_or_tests(argc, argv, weft::kRoles); }
