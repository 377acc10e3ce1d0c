// doctor/recorded_test_support.h: recorded material for the doctor's tests: tests/data/doctor, tests/data/cgroup.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace weft::doctor {

inline std::string recorded_path(const std::string& name) { return WEFT_SOURCE_DIR "/tests/data/doctor/" + name; }

inline std::string recorded(const std::string& name) {
  std::ifstream in(recorded_path(name), std::ios::binary);
  EXPECT_TRUE(in.is_open()) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace weft::doctor
