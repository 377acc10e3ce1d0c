// The clean path loses nothing; the second signal counts, however long the clean-up would take.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "lab/support/service.h"

namespace {

using lab::Service;
using namespace std::chrono_literals;

// build/<preset>/tests/lab/end_test
std::string program(const std::string& side) {
  const auto build = std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path().parent_path();
  return build / "lab" / "10_signal_handler" / side;
}

std::vector<std::string> command(const std::string& side, const std::string& item_micros) {
  return {program(side), "--items", "100", "--item-us", item_micros, "--reload-ms", "50"};
}

TEST(SignalHandler, NothingOfTheQueueIsLostOnTheCleanPath) {
  for (const std::string side : {"before", "after"}) {
    Service service(command(side, "100"));
    service.expect("ready");
    service.send(SIGTERM);
    EXPECT_EQ(service.expect("lost "), "0") << side;
    ASSERT_TRUE(service.end(60s)) << side;
    EXPECT_EQ(service.exit_code(), 0) << side;
  }
}

TEST(SignalHandler, ASecondSignalEndsTheCarefulOne) {
  Service service(command("after", "60000000"));
  service.expect("ready");
  while (!service.end(20ms)) service.send(SIGTERM);
  EXPECT_EQ(service.exit_code(), 128 + SIGTERM);
}

TEST(SignalHandler, TheCarelessOneGetsItsSignalBehindReloads) {
  Service service(command("before", "100"));
  service.expect("ready");
  service.send(SIGHUP);
  service.expect("reloads");
  service.send(SIGHUP);
  service.send(SIGTERM);
  EXPECT_EQ(service.expect("lost "), "0");
}

}  // namespace
