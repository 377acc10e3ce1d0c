// systemd's notification protocol, from its other end.
#include "app/sd_notify.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/notify_socket.h"

namespace weft::app {
namespace {

class Environment : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }
};
using SdNotify = Environment;
using SdWatchdog = Environment;

TEST_F(SdNotify, SendsToASocketInTheFileSystem) {
  const weft::testing::NotifySocket systemd(::testing::TempDir() + "weft-notify-" + std::to_string(::getpid()));
  set("NOTIFY_SOCKET", systemd.path());
  EXPECT_TRUE(sd_notify("READY=1\nSTATUS=ready"));
  EXPECT_EQ(systemd.receive(), "READY=1\nSTATUS=ready");
}

TEST_F(SdNotify, SendsToAnAbstractSocket) {
  const weft::testing::NotifySocket systemd("@weft-notify-" + std::to_string(::getpid()));
  set("NOTIFY_SOCKET", systemd.path());
  EXPECT_TRUE(sd_notify("STOPPING=1"));
  EXPECT_EQ(systemd.receive(), "STOPPING=1");
}

TEST_F(SdNotify, NobodyIsThereToBeTold) {
  EXPECT_FALSE(sd_notify("READY=1"));
  for (const std::string& path : {std::string(), std::string("relative"), std::string("/no/such/socket"),
                                  std::string("@") + std::string(200, 'x')}) {
    set("NOTIFY_SOCKET", path);
    EXPECT_FALSE(sd_notify("READY=1")) << path;
  }
}

TEST_F(SdWatchdog, PeriodIsThatOfThisProcess) {
  using std::chrono::microseconds;
  EXPECT_EQ(sd_watchdog_period(), microseconds(0));
  set("WATCHDOG_USEC", "3000000");
  EXPECT_EQ(sd_watchdog_period(), microseconds(3'000'000));
  set("WATCHDOG_PID", std::to_string(::getpid()));
  EXPECT_EQ(sd_watchdog_period(), microseconds(3'000'000));
  set("WATCHDOG_PID", "1");
  EXPECT_EQ(sd_watchdog_period(), microseconds(0));
  ::unsetenv("WATCHDOG_PID");
  for (const char* garbage : {"", "soon", "-5", "12x"}) {
    set("WATCHDOG_USEC", garbage);
    EXPECT_EQ(sd_watchdog_period(), microseconds(0)) << garbage;
  }
}

}  // namespace
}  // namespace weft::app
