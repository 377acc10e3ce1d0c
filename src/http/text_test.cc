#include "http/text.h"

#include <gtest/gtest.h>
#include <boost/url/authority_view.hpp>
#include <string>

namespace weft::http {
namespace {

// What is told at a glance is what the grammar says: over all texts of up to five characters that matter to it.
TEST(Text, AHostIsWhatTheGrammarSays) {
  constexpr std::string_view kCharacters = "a1.:@[]%/-";
  int hosts = 0;
  std::string text;
  const auto visit = [&](const auto& self) -> void {
    const auto parsed = boost::urls::parse_authority(text);
    ASSERT_EQ(is_host(text), parsed.has_value() && !parsed->has_userinfo()) << text;
    hosts += is_host(text);
    if (text.size() == 5) return;
    for (const char c : kCharacters) {
      text.push_back(c);
      self(self);
      text.pop_back();
    }
  };
  visit(visit);
  EXPECT_GT(hosts, 1000);
  EXPECT_LT(hosts, 100'000);
}

}  // namespace
}  // namespace weft::http
