// The contract of app.h and signal.h as a user meets it: parts of every kind, exit codes, signals in channels.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "conformance.h"
#include "support/child_program.h"
#include "support/role_main.h"
#include "weft/weft.h"

namespace {

using namespace std::chrono_literals;
using weft::testing::ChildProgram;

class ApiAppConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ApiAppConformance);

// The least that an App can serve.
struct Served {
  void serve(std::unique_ptr<std::string> listener) {
    took = *listener;
    stopped.recv();
  }
  void shutdown(const weft::Context&, std::error_code& error) {
    error.clear();
    stopped.close();
  }
  std::string took;
  weft::Chan<void> stopped = weft::make_chan<void>();
};

TEST_P(ApiAppConformance, PartsOfEveryKind) {
  perform([] {
    weft::App app{{.shutdown_timeout = 30s}};
    Served srv;
    std::string order;
    auto warm = weft::make_chan<void>();
    app.validate("config", [] {});
    app.validate("config too", [](const weft::Context& ctx) { EXPECT_FALSE(ctx.error()); });
    app.start("db", [&](weft::Context) { order += "db "; }, {.after = {"config"}});
    app.start("cache", [&, owned = std::make_unique<int>(1)] { order += "cache "; }, {.after = {"db", "config too"}});
    const std::function<void()> function = [&] { order += "last "; };
    app.start("last", function, {.after = {"cache"}});
    app.warmup("pages", [&] { EXPECT_FALSE(app.ready()); }, {.required = true});
    app.warmup("more pages", [=](const weft::Context&) { warm.close(); });
    app.serve("api", srv, std::make_unique<std::string>("listener"));
    app.on_reload("config", [] {});
    app.on_shutdown("flush", 20s, [&](weft::Context ctx) { order += ctx.error() ? "late " : "flush "; });
    app.on_shutdown("db", 5s, [&] { order += "db stops "; });
    weft::go([&] {
      warm.recv();
      while (!app.ready()) weft::sleep_for(1ms);
      EXPECT_EQ(weft::health::phase(), weft::health::Phase::kReady);
      app.stop();
    });
    EXPECT_EQ(app.run(), 0);
    EXPECT_FALSE(app.ready());
    EXPECT_EQ(srv.took, "listener");
    EXPECT_EQ(order, "db cache last db stops flush ");
    EXPECT_THROW(static_cast<void>(app.run()), weft::usage_error) << "it runs once";
  });
}

TEST_P(ApiAppConformance, FailuresAreExitCodes) {
  perform([] {
    const auto code_of = [](auto prepare) {
      weft::App app;
      prepare(app);
      return app.run();
    };
    const auto fails = [] { throw std::runtime_error("it fails"); };
    EXPECT_EQ(code_of([&](weft::App& app) {
                app.validate("config", fails);
                app.start("never", [] { ADD_FAILURE() << "a check has failed"; });
              }),
              78);
    EXPECT_EQ(code_of([&](weft::App& app) { app.start("db", fails); }), 1);
    EXPECT_EQ(code_of([&](weft::App& app) { app.warmup("pages", fails, {.required = true}); }), 1);
    EXPECT_EQ(code_of([&](weft::App& app) {
                app.on_shutdown("flush", 5s, fails);
                app.stop();
              }),
              1);
    EXPECT_EQ(code_of([](weft::App& app) { app.stop(); }), 0);
  });
}

TEST_P(ApiAppConformance, MisuseThrows) {
  perform([] {
    weft::App app;
    app.start("db", [] {});
    EXPECT_THROW(app.start("db", [] {}), weft::usage_error);
    EXPECT_THROW(app.validate("x", std::function<void()>()), weft::usage_error);
    EXPECT_THROW(app.on_shutdown("x", 0s, [] {}), weft::usage_error);
    EXPECT_THROW(weft::App{{.shutdown_timeout = 0s}}, weft::usage_error);
    app.start("cache", [] {}, {.after = {"nobody"}});
    EXPECT_THROW(static_cast<void>(app.run()), weft::usage_error);
  });
}

// Goes on when told to end, and says so.
int stays() {
  weft::App app{{.shutdown_timeout = 60s}};
  app.on_shutdown("stays", 1h, [] {
    std::puts("told");
    std::fflush(stdout);
    weft::sleep_for(1h);
  });
  return app.run();
}

TEST(ApiAppSignalConformance, ASecondSignalEndsAtOnce) {
  for (const int number : {SIGTERM, SIGINT}) {
    ChildProgram program("stays");
    ASSERT_TRUE(program.wait_for("weft: ready"));
    program.send(number);
    ASSERT_TRUE(program.wait_for("told"));
    program.send(number);
    EXPECT_EQ(program.exit_code(), 128 + number) << program.all_said();
  }
}

int outlasts_the_timeout() {
  weft::App app{{.shutdown_timeout = 2s}};
  app.on_shutdown("stays", 1h, [] { weft::sleep_for(1h); });
  app.start("self", [&] { app.stop(); });
  return app.run();
}

TEST(ApiAppSignalConformance, OverTheTimeoutItEndsWithADump) {
  ChildProgram program("outlasts_the_timeout");
  EXPECT_EQ(program.exit_code(), 124);
  EXPECT_NE(program.all_said().find("stays"), std::string::npos) << program.all_said();
  EXPECT_NE(program.all_said().find("goroutine "), std::string::npos) << program.all_said();
}

class ApiSignalConformance : public conformance::BothSides {};
CONFORMANCE_ON_BOTH_SIDES(ApiSignalConformance);

TEST_P(ApiSignalConformance, SignalsAreValuesOfAChannel) {
  perform([] {
    auto sigs = weft::signal::notify({SIGHUP});
    static_assert(std::is_same_v<decltype(sigs), weft::RecvChan<int>>);
    const std::vector<int> numbers{SIGUSR1, SIGHUP};
    const weft::RecvChan<int> more = weft::signal::notify(std::span<const int>(numbers));
    for (int i = 0; i < 100; ++i) ::raise(SIGHUP);
    EXPECT_EQ(sigs.recv(), SIGHUP) << "coalesced, not lost";
    ::raise(SIGUSR1);
    int got = SIGHUP;
    while (got == SIGHUP)
      weft::select(weft::on_recv(more, [&](std::optional<int> number) { got = number.value_or(0); }));
    EXPECT_EQ(got, SIGUSR1);
    weft::signal::stop(sigs);
    weft::signal::stop(sigs);
    for ([[maybe_unused]] const int number : sigs) {
    }
    weft::signal::reset({SIGHUP, SIGUSR1});
    for ([[maybe_unused]] const int number : more) {
    }
    EXPECT_FALSE(more.recv()) << "a subscription without a number has ended";
  });
}

TEST_P(ApiSignalConformance, IgnoredSignalsAndThoseThatCannotBeHad) {
  perform([] {
    weft::signal::ignore({SIGUSR2});
    EXPECT_TRUE(weft::signal::ignored(SIGUSR2));
    ::raise(SIGUSR2);
    weft::signal::reset({SIGUSR2});
    EXPECT_FALSE(weft::signal::ignored(SIGUSR2));
    for (const int number : {0, -1, 65, SIGKILL, SIGSTOP, SIGSEGV, SIGABRT, SIGURG})
      EXPECT_THROW(static_cast<void>(weft::signal::notify({number})), weft::usage_error) << number;
    EXPECT_THROW(static_cast<void>(weft::signal::notify({})), weft::usage_error);
    const weft::signal::Numbers two{SIGHUP, SIGINT};
    EXPECT_TRUE(two.contains(SIGHUP) && two.contains(SIGINT) && !two.contains(SIGTERM) && !two.contains(0));
  });
}

TEST_P(ApiSignalConformance, AContextEndsWithASignal) {
  perform([] {
    auto [ctx, cancel] = weft::signal::with_context(weft::Context(), {SIGUSR1});
    EXPECT_FALSE(ctx.error());
    ::raise(SIGUSR1);
    ctx.done().recv();
    EXPECT_EQ(ctx.error(), weft::errc::cancelled);
    EXPECT_THROW(std::rethrow_exception(ctx.cause()), weft::signal::interrupted);
    cancel();
    const weft::CancelContext other = weft::signal::with_context(weft::Context(), {SIGUSR1});
    other.cancel();
    other.context.done().recv();
  });
}

const weft::testing::Roles kRoles = {{"stays", stays}, {"outlasts_the_timeout", outlasts_the_timeout}};

}  // namespace

int main(int argc, char** argv) { return weft::testing::run_role_or_tests(argc, argv, kRoles); }
