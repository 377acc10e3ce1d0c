// The two parsers agree, and deep input ends in an error and not in a crash.
#include "lab/12_deep_recursion/parser.h"

#include <gtest/gtest.h>

#include <random>

#include "weft/runtime.h"

namespace lab {
namespace {

constexpr std::size_t kNoLimit = SIZE_MAX;

Parsed iterate(std::string_view text, std::size_t limit = kNoLimit) {
  std::vector<OpenBracket> open;
  return parse_iteratively(text, open, limit);
}

TEST(Parsers, KnowSumsAndMaxima) {
  EXPECT_EQ(RecursiveParser("[1,(2,[3,4],5),6]").document(), (Parsed{14}));
  EXPECT_EQ(iterate("[1,(2,[3,4],5),6]"), (Parsed{14}));
  EXPECT_EQ(iterate("17"), (Parsed{17}));
}

TEST(Parsers, RefuseTheSame) {
  for (const char* text :
       {"", "[", "[]", "[1", "[1)", "(1]", "[1]]", "1,2", "[1,]", "[,1]", "x", "[1;2]", "[1] ", "12a"}) {
    EXPECT_EQ(RecursiveParser(text).document().outcome, ParseOutcome::syntax_error) << "'" << text << "'";
    EXPECT_EQ(iterate(text).outcome, ParseOutcome::syntax_error) << "'" << text << "'";
  }
}

void append_value(std::string& text, std::mt19937& random, int depth) {
  if (depth == 0 || random() % 3 == 0) {
    text += std::to_string(random() % 1000);
    return;
  }
  const bool list = random() % 2 == 0;
  text += list ? '[' : '(';
  for (unsigned item = 0, items = 1 + random() % 4; item < items; ++item) {
    if (item > 0) text += ',';
    append_value(text, random, depth - 1);
  }
  text += list ? ']' : ')';
}

TEST(Parsers, AgreeOnRandomTextWholeAndBroken) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    append_value(text, random, 6);
    ASSERT_EQ(RecursiveParser(text).document(), iterate(text)) << text;
    ASSERT_EQ(iterate(text).outcome, ParseOutcome::parsed) << text;
    text[random() % text.size()] = "[](),1"[random() % 6];
    ASSERT_EQ(RecursiveParser(text).document().outcome, iterate(text).outcome) << text;
  }
}

TEST(Parsers, TheLimitIsExact) {
  EXPECT_EQ(iterate(nested(100), 100).outcome, ParseOutcome::parsed);
  EXPECT_EQ(iterate(nested(101), 100).outcome, ParseOutcome::too_deep);
}

TEST(Parsers, AMillionDeepIsAnErrorAndNotACrash) {
  weft::run([] {
    const Parsed result = weft::spawn([] { return iterate(nested(1'000'000), 100'000); }).join();
    EXPECT_EQ(result.outcome, ParseOutcome::too_deep);
  });
}

TEST(Parsers, TenThousandDeepRecursionFitsAStackThatSaysSo) {
  weft::run([] {
    const Parsed result = weft::spawn({.stack_bytes = std::size_t{4} << 20}, [] {
                            return RecursiveParser(nested(10'000)).document();
                          }).join();
    EXPECT_EQ(result, (Parsed{5001}));
  });
}

}  // namespace
}  // namespace lab
