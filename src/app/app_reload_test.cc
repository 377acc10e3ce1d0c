// Reloads at SIGHUP, from outside: which run, in which order, and what systemd hears.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>

#include "support/child_program.h"
#include "support/notify_socket.h"
#include "support/role_main.h"
#include "weft/app.h"
#include "weft/context.h"
#include "weft/error.h"
#include "weft/runtime.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using weft::testing::ChildProgram;

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

int reloads() {
  App app;
  int round = 0;
  app.start("part", [] { ::kill(::getpid(), SIGHUP); });  // it is kept until the program is ready
  app.on_reload("config", [&] { say("config " + std::to_string(++round)); });
  app.on_reload("routes", [&] {
    if (round == 2) throw std::runtime_error("no such route");
    if (round == 3) ::kill(::getpid(), SIGHUP);  // while one runs: another one follows
    say("routes " + std::to_string(round));
  });
  app.on_reload("last", [&] { say("last " + std::to_string(round)); });
  return app.run();
}

TEST(AppReload, RunsInTurnAndGoesOnAfterAFailure) {
  ChildProgram program("reloads");
  ASSERT_TRUE(program.wait_for("weft: ready"));
  ASSERT_TRUE(program.wait_for("config 1"));
  ASSERT_TRUE(program.wait_for("routes 1"));
  ASSERT_TRUE(program.wait_for("last 1"));
  ASSERT_TRUE(program.wait_for("weft: reloaded ms="));
  program.send(SIGHUP);
  ASSERT_TRUE(program.wait_for("config 2"));
  EXPECT_THAT(program.next_line(), HasSubstr("weft: reload-failed part=routes error=\"no such route\""));
  program.send(SIGHUP);
  EXPECT_THAT(program.next_line(), HasSubstr("weft: reloading"));
  ASSERT_TRUE(program.wait_for("last 3"));
  ASSERT_TRUE(program.wait_for("last 4"));
  ASSERT_TRUE(program.wait_for("weft: reloaded ms="));
  program.send(SIGTERM);
  EXPECT_THAT(program.all_said(), Not(HasSubstr("config 5")));
  EXPECT_EQ(program.exit_code(), 0);
}

int reload_meets_the_end() {
  App app;
  app.warmup("signal", [] { ::kill(::getpid(), SIGHUP); });
  app.on_reload("config", [](const Context& context) {
    say("reloading");
    context.done().recv();
    say("given up");
  });
  app.on_shutdown("hook", std::chrono::seconds(5), [] { say("stopped"); });
  return app.run();
}

TEST(AppReload, OneThatRunsIsToldOfTheEndAndWaitedFor) {
  ChildProgram program("reload_meets_the_end");
  ASSERT_TRUE(program.wait_for("reloading"));
  program.send(SIGTERM);
  ASSERT_TRUE(program.wait_for("given up"));
  ASSERT_TRUE(program.wait_for("stopped"));
  EXPECT_EQ(program.exit_code(), 0) << program.all_said();
}

int nothing_to_reload() {
  App app;
  return app.run();
}

TEST(AppReload, WithoutOneSIGHUPEndsTheProgram) {
  ChildProgram program("nothing_to_reload");
  ASSERT_TRUE(program.wait_for("weft: ready"));
  program.send(SIGHUP);
  EXPECT_EQ(program.exit_code(), 128 + SIGHUP) << program.all_said();
}

TEST(AppReload, TellsSystemd) {
  const weft::testing::NotifySocket systemd("@weft-app-reload-test-" + std::to_string(::getpid()));
  ChildProgram program("reloads", {.environment = {{"NOTIFY_SOCKET", systemd.path()}}});
  EXPECT_EQ(systemd.receive(), "READY=1\nSTATUS=ready");
  EXPECT_THAT(systemd.receive(), StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_EQ(systemd.receive(), "READY=1\nSTATUS=ready");
  program.send(SIGHUP);
  EXPECT_THAT(systemd.receive(), StartsWith("RELOADING=1\n"));
  EXPECT_EQ(systemd.receive(), "READY=1\nSTATUS=ready, the last reload failed");
  program.send(SIGTERM);
  EXPECT_THAT(systemd.receive(), StartsWith("STOPPING=1"));
  EXPECT_EQ(program.exit_code(), 0);
}

TEST(AppReload, NamesAreUnique) {
  App app;
  app.on_reload("config", [] {});
  EXPECT_THROW(app.on_reload("config", [] {}), usage_error);
  EXPECT_THROW(app.on_reload("empty", std::function<void()>()), usage_error);
}

const weft::testing::Roles kRoles = {
    {"reloads", reloads}, {"reload_meets_the_end", reload_meets_the_end}, {"nothing_to_reload", nothing_to_reload}};

}  // namespace
}  // namespace weft

int main(int argc, char** argv) { return weft::testing::run_role_or_tests(argc, argv, weft::kRoles); }
