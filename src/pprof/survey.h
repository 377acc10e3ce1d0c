// pprof/survey.h: the first walk over a profile's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "pprof/guard.h"

namespace weft::pprof {

/// How much of everything a profile has, and what stands in its outermost message itself. Views are into its bytes;
/// indices are not checked yet.
struct Survey {
  std::size_t types = 0, samples = 0, stack_entries = 0, mappings = 0, locations = 0, lines = 0, functions = 0;
  std::vector<std::string_view> strings;  // at least one, and the first is empty
  std::vector<std::uint64_t> comments;    // strings
  std::string_view period_type;           // a message
  std::uint64_t default_sample_type = 0;  // a string
  std::int64_t time_nanos = 0, duration_nanos = 0, period = 0;
};

/// Errors: BadProfile, protozero::exception. Every field of the outermost message has been gone through, and has the
/// type it must have.
Survey survey(std::string_view bytes, Guard& guard);

}  // namespace weft::pprof
