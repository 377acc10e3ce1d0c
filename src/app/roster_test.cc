// What comes after what, and what is refused; by name.
#include "app/roster.h"

#include <gtest/gtest.h>

#include "weft/error.h"

namespace weft::app {
namespace {

using namespace std::chrono_literals;

const detail::AppStep kNothing = [](const Context&) {};

Part part(std::string name, std::vector<std::string> after = {}) {
  return {{std::move(name), kNothing}, std::move(after)};
}

std::string refusal(const std::vector<Part>& parts, const std::vector<Step>& validations = {}) {
  try {
    start_order(parts, validations);
  } catch (const usage_error& error) {
    return error.what();
  }
  return "accepted";
}

std::vector<std::string> names(const std::vector<Hook>& hooks) {
  std::vector<std::string> found;
  for (const Hook& hook : hooks) found.push_back(hook.name);
  return found;
}

TEST(StartOrder, IsThatOfTheNamesAndLeavesOutValidations) {
  const auto order =
      start_order({part("c", {"a", "b"}), part("b", {"a", "config"}), part("a", {"config"})}, {{"config", kNothing}});
  EXPECT_EQ(order, (std::vector<std::vector<std::size_t>>{{2, 1}, {2}, {}}));
}

TEST(StartOrder, NamesWhatIsUnknown) {
  EXPECT_EQ(refusal({part("db", {"confg"})}, {{"config", kNothing}}),
            "weft::App: db is to start after confg, which is unknown");
}

TEST(StartOrder, NamesTheCycle) {
  EXPECT_EQ(refusal({part("free"), part("a", {"b"}), part("b", {"free", "c"}), part("c", {"a"})}),
            "weft::App: parts wait for each other: a after b after c after a");
  EXPECT_EQ(refusal({part("a", {"a"})}), "weft::App: parts wait for each other: a after a");
}

TEST(StartOrder, ADiamondIsNoCycle) {
  EXPECT_EQ(refusal({part("top"), part("l", {"top"}), part("r", {"top"}), part("end", {"l", "r"})}), "accepted");
}

TEST(Roster, HooksRunInReverseOrderOfWhatHasHappened) {
  Roster roster{AppOptions()};
  roster.parts = {part("db"), part("cache"), part("never")};
  roster.add_hook({{"metrics", kNothing}, 1s});
  roster.add_hook({{"never", kNothing}, 1s});
  roster.add_hook({{"db", kNothing}, 1s});
  roster.add_hook({{"cache", kNothing}, 1s});
  roster.begin_run();
  roster.note_started(1);
  roster.add_hook({{"opened by cache", kNothing}, 1s});
  roster.note_started(0);
  EXPECT_EQ(names(roster.hooks_to_run()), (std::vector<std::string>{"db", "opened by cache", "cache", "metrics"}));
}

TEST(Roster, OfOnePartTheLastRegisteredRunsFirst) {
  Roster roster{AppOptions()};
  roster.parts = {part("db")};
  roster.begin_run();
  roster.add_hook({{"db", kNothing}, 1s});
  roster.add_hook({{"db", kNothing}, 2s});
  roster.note_started(0);
  EXPECT_EQ(roster.hooks_to_run().front().deadline, 2s);
}

TEST(Roster, RefusesByName) {
  const auto refused = [](auto&& call) -> std::string {
    try {
      call();
    } catch (const usage_error& error) {
      return error.what();
    }
    return "accepted";
  };
  Roster roster{AppOptions()};
  roster.admit("start", "db");
  roster.admit("serve", "db");
  EXPECT_EQ(refused([&] { roster.admit("start", "db"); }), "weft::App: start db: a second time");
  EXPECT_EQ(refused([&] { roster.add_hook({{"db", kNothing}, 0s}); }),
            "weft::App: on_shutdown db: deadline: allowed is above 0");
  EXPECT_EQ(refused([] { Roster({.shutdown_timeout = 0s}); }), "weft::App: shutdown_timeout: allowed is above 0");
  EXPECT_EQ(refused([] { Roster({.shutdown_timeout = 1s, .drain_delay = 1s}); }),
            "weft::App: drain_delay: allowed is 0 to less than shutdown_timeout");
  roster.begin_run();
  EXPECT_EQ(refused([&] { roster.admit("warmup", "x"); }), "weft::App: warmup x: too late, run() has begun");
  EXPECT_EQ(refused([&] { roster.begin_run(); }), "weft::App::run: a second time");
}

}  // namespace
}  // namespace weft::app
