// The list in README.md and the tests agree: each test stands in a row, each test that a row names exists.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace {

const std::filesystem::path kFolder = std::filesystem::path(WEFT_SOURCE_DIR) / "tests/conformance";

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The names that `pattern` finds in `text`; a name is all groups, joined by a dot.
std::set<std::string> names_in(const std::string& text, const std::regex& pattern) {
  std::set<std::string> names;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    names.insert((*it)[1].str() + "." + (*it)[2].str());
  }
  return names;
}

std::set<std::string> tests_in_sources() {
  const std::regex test(R"(\nTEST(?:_P|_F)?\((\w+), (\w+)\))");
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".cc") names.merge(names_in(text_of(entry.path()), test));
  }
  names.erase("ReadmeConformance.EveryTestStandsInARowAndEveryNamedTestExists");
  return names;
}

/// A row names a suite once, its further tests after commas, another suite after a semicolon: `Suite.First, Second;
/// Other.Third`.
std::set<std::string> tests_in_rows() {
  const std::string readme = text_of(kFolder / "README.md");
  const std::regex suite(R"((\w+(?:Conformance|DeathTest))\.(\w+(?:, \w+)*))");
  std::set<std::string> names;
  for (std::sregex_iterator it(readme.begin(), readme.end(), suite), end; it != end; ++it) {
    const std::string tests = (*it)[2];
    const std::regex word(R"(\w+)");
    for (std::sregex_iterator test(tests.begin(), tests.end(), word); test != end; ++test) {
      const std::string name = test->str();
      names.insert((*it)[1].str() + "." + name);
    }
  }
  return names;
}

TEST(ReadmeConformance, EveryTestStandsInARowAndEveryNamedTestExists) {
  const std::set<std::string> tests = tests_in_sources();
  const std::set<std::string> rows = tests_in_rows();
  EXPECT_GT(tests.size(), 100U);
  for (const std::string& name : tests) EXPECT_TRUE(rows.contains(name)) << name << " stands in no row of README.md";
  for (const std::string& name : rows)
    EXPECT_TRUE(tests.contains(name)) << name << " is named in README.md and does not exist";
}

}  // namespace
