// doctor/profile_test_support.h: profiles that no program left behind, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pprof/profile.h"

namespace weft::doctor {

/// A profile with one function a location, made sample by sample: names from the leaf to the root.
class MadeProfile {
 public:
  MadeProfile(const char* type, const char* unit) { profile_.sample_types.push_back({type, unit}); }

  MadeProfile& sample(std::int64_t value, const std::vector<std::string>& names) {
    pprof::Sample sample;
    sample.first_location = static_cast<std::uint32_t>(profile_.stacks.size());
    sample.location_count = static_cast<std::uint32_t>(names.size());
    for (const std::string& name : names) profile_.stacks.push_back(location_of(name));
    profile_.samples.push_back(sample);
    profile_.values.push_back(value);
    return *this;
  }
  pprof::Profile& profile() { return profile_; }

 private:
  std::uint32_t location_of(const std::string& name) {
    const auto index = static_cast<std::uint32_t>(profile_.locations.size());
    pprof::Location location;
    location.first_line = static_cast<std::uint32_t>(profile_.lines.size());
    if (!name.empty()) {
      profile_.lines.push_back({static_cast<std::uint32_t>(profile_.functions.size()), 0});
      profile_.functions.push_back({name, "", ""});
      location.line_count = 1;
    }
    profile_.locations.push_back(location);
    return index;
  }

  pprof::Profile profile_;
};

}  // namespace weft::doctor
