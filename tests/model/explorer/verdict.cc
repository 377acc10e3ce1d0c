#include <gtest/gtest.h>

#include <cstdio>

#include "explorer/model.h"

namespace model {
namespace {

void print(const Report& report) {
  std::printf("model %s: %llu executions, %llu given up as redundant, at most %zu steps, %.2f s%s\n",
              report.name.c_str(), static_cast<unsigned long long>(report.executions),
              static_cast<unsigned long long>(report.redundant), report.longest, report.seconds,
              report.failure.empty() ? "" : ", broken as follows");
}

}  // namespace

void expect_holds(const Report& report) {
  print(report);
  EXPECT_TRUE(report.failure.empty()) << report.name << ": " << report.failure;
  EXPECT_TRUE(report.complete) << report.name << ": cut after " << report.seconds << " s; nothing is proved";
}

void expect_breaks(const Report& report, const std::string& what) {
  print(report);
  std::printf("  %s\n", report.failure.substr(0, report.failure.find('\n')).c_str());
  EXPECT_TRUE(!report.failure.empty() && report.failure.find(what) != std::string::npos)
      << report.name << ": the seeded defect was not found; found instead: " << report.failure;
}

}  // namespace model
