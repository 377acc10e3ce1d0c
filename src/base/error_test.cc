#include "weft/error.h"

#include <gtest/gtest.h>

#include <system_error>

namespace weft {
namespace {

TEST(Error, CodeIsMadeFromItsEnumerator) {
  const std::error_code code = errc::cancelled;
  EXPECT_EQ(code, errc::cancelled);
  EXPECT_NE(code, errc::closed);
  EXPECT_STREQ(code.category().name(), "weft");
  EXPECT_EQ(&code.category(), &error_category());
}

TEST(Error, EachHasWords) {
  EXPECT_EQ(make_error_code(errc::cancelled).message(), "cancelled");
  EXPECT_EQ(make_error_code(errc::deadline_exceeded).message(), "deadline exceeded");
  EXPECT_EQ(make_error_code(errc::closed).message(), "closed");
  EXPECT_EQ(make_error_code(errc::shutting_down).message(), "shutting down");
  EXPECT_EQ(error_category().message(99), "unknown error 99");
}

TEST(Error, ComparesWithTheStandardConditions) {
  EXPECT_EQ(make_error_code(errc::cancelled), std::errc::operation_canceled);
  EXPECT_EQ(make_error_code(errc::deadline_exceeded), std::errc::timed_out);
  EXPECT_NE(make_error_code(errc::closed), std::errc::timed_out);
}

TEST(Error, ClosedChannelIsAUsageError) {
  try {
    throw closed_channel("send on closed channel");
  } catch (const usage_error& error) {
    EXPECT_STREQ(error.what(), "send on closed channel");
  }
}

}  // namespace
}  // namespace weft
