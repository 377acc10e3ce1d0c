// What comes from elsewhere, as a terminal gets it.
#include "doctor/text_style.h"

#include <gtest/gtest.h>

#include <sstream>

namespace weft::doctor {
namespace {

std::string wrapped(std::string_view text, std::size_t width) {
  std::ostringstream out;
  write_wrapped(out, {.width = width}, "  ", text);
  return out.str();
}

TEST(Printable, TextStaysAsItIs) {
  EXPECT_EQ(printable("main.(*T).f[...] \xc2\xb5s \xe2\x86\x92 \xf0\x9f\x90\xb9"),
            "main.(*T).f[...] \xc2\xb5s \xe2\x86\x92 \xf0\x9f\x90\xb9");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, WhatATerminalObeysIsTakenOut) {
  EXPECT_EQ(printable("a\x1b[2Jb\r\n\x7f"), "a?[2Jb???");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "?31m");  // one character that begins a command as ESC [ does
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b\xe2\x80\xa8\xef\xbb\xbf"),
            "a?b??");  // right to left, line separator, mark
}

TEST(Printable, BytesThatAreNoUtf8AreTakenOut) {
  EXPECT_EQ(printable("\xff\xfe"
                      "a\xc3("),
            "??a?(");
  EXPECT_EQ(printable("\xe2\x86"), "??");                           // cut off
  EXPECT_EQ(printable("\xc0\xaf\xe0\x80\xaf"), "?????");            // longer than need be
  EXPECT_EQ(printable("\xed\xa0\x80\xf4\x90\x80\x80"), "???????");  // half a pair; beyond the last
}

TEST(Wrapped, LinesAreWithinTheWidth) {
  EXPECT_EQ(wrapped("aaaa bbbb cccc dddd eeee ffff gggg hhhh", 34), "  aaaa bbbb cccc dddd eeee ffff\n  gggg hhhh\n");
  EXPECT_EQ(wrapped("", 40), "  \n");
}

TEST(Wrapped, NobodyReadsANameOfAMegabyte) {
  const std::string out = wrapped(std::string(1 << 20, 'x') + "\xc2\xb5", 80);
  EXPECT_LT(out.size(), 2100u);
  EXPECT_TRUE(out.ends_with("x...\n"));
  const std::string letters = wrapped(
      std::string(1, 'x') +
          [] {
            std::string text;
            for (int i = 0; i < 2000; ++i) text += "\xc2\xb5";
            return text;
          }(),
      80);
  EXPECT_EQ(printable(letters.substr(0, letters.size() - 1)), letters.substr(0, letters.size() - 1));
}

}  // namespace
}  // namespace weft::doctor
