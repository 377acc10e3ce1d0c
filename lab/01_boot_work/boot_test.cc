// What careful booting must not cost: a wrong setting is refused before anything is dialled, a backend that is not
// there ends the program, the answer is that of the careless one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

#include "lab/01_boot_work/parts.h"
#include "weft/weft.h"

namespace lab {
namespace {

TEST(BootWork, AWrongSettingIsRefusedBeforeAnythingIsDialled) {
  ::setenv("LAB_WORKERS", "many", 1);
  EXPECT_EQ(setting_error(), "LAB_WORKERS=many: a number of 1 or more is needed");
  weft::App app;
  bool dialled = false;
  app.validate("settings", [] {
    if (const std::string wrong = setting_error(); !wrong.empty()) throw std::runtime_error(wrong);
  });
  app.start("backend", [&] { dialled = true; });
  EXPECT_EQ(app.run(), 78);
  EXPECT_FALSE(dialled);
}

TEST(BootWork, ABackendThatIsNotThereEndsTheProgram) {
  weft::App app;
  app.start("backend", dial_backend);  // LAB_BACKEND is not set
  EXPECT_EQ(app.run(), 1);
}

TEST(BootWork, AnEntryIsTheSameFilledAheadOrOnDemand) {
  EXPECT_EQ(fill_cache()[kAsked], cache_entry(kAsked));
  EXPECT_TRUE(re2::RE2::FullMatch("/items/7/part7/abc", *compile_pattern(kAsked)));
}

}  // namespace
}  // namespace lab
