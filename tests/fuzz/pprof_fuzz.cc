// Any bytes are a profile that can be counted, or a BadProfile.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "doctor/cpu_shares.h"
#include "pprof/reader.h"

namespace {

using weft::pprof::Profile;

void require(bool condition) {
  if (!condition) std::abort();
}

// What the reader promises of a profile: every index is one.
void check(const Profile& profile) {
  require(profile.values.size() == profile.samples.size() * profile.sample_types.size());
  for (const weft::pprof::Sample& sample : profile.samples) {
    for (const std::uint32_t location : profile.stack(sample)) require(location < profile.locations.size());
    require(sample.first_label + profile.labels_of(sample).size() <= profile.labels.size());
  }
  for (const weft::pprof::Location& location : profile.locations) {
    require(location.first_line + profile.lines_of(location).size() <= profile.lines.size());
    require(location.mapping < 0 || static_cast<std::size_t>(location.mapping) < profile.mappings.size());
  }
  for (const weft::pprof::Line& line : profile.lines) require(line.function < profile.functions.size());
}

void check_shares(const Profile& profile) {
  using enum weft::doctor::FrameClass;
  const weft::doctor::CpuShares shares(profile);
  const weft::doctor::Share share = shares.any(kAlloc | kGrow | kRuntime);
  require(share.hits >= 0 && share.hits <= share.total && share.lower() <= share.value());
  require(shares.user_code_at_landing().hits <= shares.user_code().hits);
  for (const weft::doctor::FunctionUse& use : shares.functions()) require(use.self <= use.cumulative);
  shares.user_frames_above(kAlloc, 3);
  shares.repeating_user_function(kGrow, 8);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::pprof::ReadLimits limits;
  limits.unpacked_bytes = std::size_t{1} << 20;
  limits.profile_bytes = std::size_t{16} << 20;
  try {
    const Profile profile = read_profile({reinterpret_cast<const char*>(data), size}, limits);
    check(profile);
    kind_of(profile);
    check_shares(profile);
  } catch (const weft::pprof::BadProfile&) {
  }
  return 0;
}
