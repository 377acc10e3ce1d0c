// The tree of a flame graph, of profiles that a hostile writer made too.
#include "doctor/flame_tree.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace weft::doctor {
namespace {

// As many functions as asked for, each at one location of its own.
pprof::Profile profile_of(std::uint32_t functions) {
  pprof::Profile profile;
  profile.sample_types = {{"samples", "count"}};
  for (std::uint32_t i = 0; i < functions; ++i) {
    profile.functions.push_back({"main.f" + std::to_string(i), "", ""});
    profile.lines.push_back({i, 1});
    pprof::Location location;
    location.first_line = i;
    location.line_count = 1;
    profile.locations.push_back(location);
  }
  return profile;
}

void add_sample(pprof::Profile& profile, std::int64_t value, const std::vector<std::uint32_t>& stack) {
  pprof::Sample sample;
  sample.first_location = static_cast<std::uint32_t>(profile.stacks.size());
  sample.location_count = static_cast<std::uint32_t>(stack.size());
  profile.stacks.insert(profile.stacks.end(), stack.begin(), stack.end());
  profile.samples.push_back(sample);
  profile.values.push_back(value);
}

TEST(FlameTree, ChildrenAreWhatTheyCall) {
  pprof::Profile profile = profile_of(3);
  add_sample(profile, 7, {1, 0});
  add_sample(profile, 3, {2, 0});
  const auto tree = flame_tree(profile, 0);
  ASSERT_EQ(tree.size(), 4u);
  EXPECT_EQ(tree[0].value, 10);
  EXPECT_EQ(tree[tree[0].children.at(0)].function, "main.f0");
  EXPECT_EQ(tree[tree[tree[0].children.at(0)].children.at(0)].function, "main.f1");
}

TEST(FlameTree, CountsOfAnyKindAreTaken) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  pprof::Profile profile = profile_of(1);
  add_sample(profile, kMost, {0});
  add_sample(profile, kMost, {0});
  add_sample(profile, -5, {0});
  EXPECT_EQ(flame_tree(profile, 0.001)[0].value, kMost);
}

// Each sample makes a way of its own: without a bound the tree would be the product of samples and depth.
TEST(FlameTree, ItsSizeIsBounded) {
  constexpr std::uint32_t kFunctions = 1000, kDepth = 190;
  pprof::Profile profile = profile_of(kFunctions);
  for (std::uint32_t i = 0; i < 5000; ++i) {
    std::vector<std::uint32_t> stack;
    for (std::uint32_t at = 0; at < kDepth; ++at) stack.push_back((i * 7919 + at * (i % 13 + 1)) % kFunctions);
    add_sample(profile, 1, stack);
  }
  const auto tree = flame_tree(profile, 0);
  EXPECT_LE(tree.size(), 500'000u);
  EXPECT_GT(tree.size(), 400'000u);
  EXPECT_EQ(tree[0].value, 5000);
}

}  // namespace
}  // namespace weft::doctor
