// What make_chan refuses, and in which words.
#include <gtest/gtest.h>

#include <climits>
#include <cstdint>
#include <string>

#include "weft/chan.h"

namespace weft {
namespace {

template <class N>
std::string refusal(N capacity) {
  try {
    (void)make_chan<std::uint64_t>(capacity);
  } catch (const usage_error& e) {
    return e.what();
  }
  return "accepted";
}

TEST(ChanCapacity, WhatIsNotAllowedIsNamed) {
  EXPECT_EQ(refusal(-1), "weft::make_chan: capacity -1: allowed are 0 to 1073741824 for elements of 8 bytes");
  EXPECT_EQ(refusal(LLONG_MIN),
            "weft::make_chan: capacity -9223372036854775808: allowed are 0 to 1073741824 for elements of 8 bytes");
  EXPECT_EQ(refusal((1LL << 30) + 1),
            "weft::make_chan: capacity 1073741825: allowed are 0 to 1073741824 for elements of 8 bytes");
  EXPECT_EQ(refusal(ULLONG_MAX),
            "weft::make_chan: capacity 18446744073709551615: allowed are 0 to 1073741824 for elements of 8 bytes");
  struct Large {
    char bytes[1 << 20];
  };
  try {
    (void)make_chan<Large>(1 << 21);
    ADD_FAILURE() << "2 TiB were accepted";
  } catch (const usage_error& e) {
    EXPECT_STREQ(e.what(), "weft::make_chan: capacity 2097152: allowed are 0 to 1048576 for elements of 1048576 bytes");
  }
  EXPECT_EQ(make_chan<int>(0).cap(), 0u);
  EXPECT_EQ(make_chan<void>(1 << 30).cap(), 1u << 30);
}

}  // namespace
}  // namespace weft
