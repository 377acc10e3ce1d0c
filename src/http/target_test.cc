#include "http/target.h"

#include <gtest/gtest.h>

#include "http/text.h"

namespace weft::http {
namespace {

TEST(Target, IsSplitInAllItsForms) {
  const auto split_text = [](std::string_view target) {
    const SplitTarget parts = split(target);
    return std::string(parts.path) + "|" + std::string(parts.query);
  };
  EXPECT_EQ(split_text("/a/b?c=d?e"), "/a/b|c=d?e");
  EXPECT_EQ(split_text("/"), "/|");
  EXPECT_EQ(split_text("http://host:80/a?b"), "/a|b");
  EXPECT_EQ(split_text("http://host"), "/|");
  EXPECT_EQ(split_text("http://host?a=/b"), "/|a=/b");
  EXPECT_EQ(split_text("/a?u=http://b/c"), "/a|u=http://b/c");
  EXPECT_EQ(split_text("*"), "*|");
  EXPECT_EQ(split_text("host:80"), "|");
  EXPECT_EQ(split_text("?u=http://b/c"), "|");
  EXPECT_EQ(split_text(""), "|");
}

TEST(Target, PathsAreCleaned) {
  const auto clean = [](std::string_view path) { return needs_cleaning(path) ? cleaned(path) : "is clean"; };
  for (const char* path : {"/", "/a", "/a/", "/a/b", "/.a/b..", "/..."}) EXPECT_EQ(clean(path), "is clean") << path;
  EXPECT_EQ(clean("//"), "/");
  EXPECT_EQ(clean("/a//b"), "/a/b");
  EXPECT_EQ(clean("/a/./b/"), "/a/b/");
  EXPECT_EQ(clean("/a/../b"), "/b");
  EXPECT_EQ(clean("/../../etc/passwd"), "/etc/passwd");
  EXPECT_EQ(clean("/a/.."), "/");
  EXPECT_EQ(clean("/a/b/."), "/a/b/");
}

TEST(Text, IsDecoded) {
  EXPECT_EQ(percent_decoded("a%20b+c", false), "a b+c");
  EXPECT_EQ(percent_decoded("a%20b+c", true), "a b c");
  for (const char* wrong : {"%", "%4", "%zz", "a%00b"}) EXPECT_EQ(percent_decoded(wrong, true), std::nullopt) << wrong;
}

TEST(Text, NamesAndValues) {
  for (const char* name : {"X", "x-y", "a!#$%&'*+.^_`|~1"}) EXPECT_TRUE(is_token(name)) << name;
  for (const char* name : {"", "a b", "a:", "a\t", "\xc3\xa9", "a\r"}) EXPECT_FALSE(is_token(name)) << name;
  for (const char* value : {"", "a b\tc", "\xc3\xa9"}) EXPECT_TRUE(is_field_value(value)) << value;
  for (const char* value : {"a\r", "\n", "\x7f", "\x01"}) EXPECT_FALSE(is_field_value(value)) << value;
  EXPECT_FALSE(is_field_value(std::string_view("\0", 1)));
  EXPECT_TRUE(equals_ignoring_case("Content-Type", "content-tYPE"));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("[", "{")) << "they differ in the bit that letters' case is in";
}

}  // namespace
}  // namespace weft::http
