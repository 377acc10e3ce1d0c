// pprof/reader.h: reads a profile in the pprof format (google/pprof, proto/profile.proto), gzip-compressed or not.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "pprof/profile.h"

namespace weft::pprof {

/// Why a profile can't be read, in words for its owner: "truncated after 1,234 bytes", "not a pprof profile: ...".
struct BadProfile : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a profile may take at most; hostile input ends in BadProfile before it takes more.
struct ReadLimits {
  std::size_t unpacked_bytes = std::size_t{1} << 30;
  std::size_t profile_bytes = std::size_t{1} << 30;  // of the profile in memory, without the unpacked bytes
};

/// The bytes of a file or of an answer. Errors: BadProfile. Checks every index, count and id.
Profile read_profile(std::string_view bytes, const ReadLimits& limits = {});

/// True if the bytes begin as a gzip stream does.
bool is_gzip(std::string_view bytes) noexcept;
/// Unpacks gzip, several members too. Errors: BadProfile, when damaged or larger than the limit.
std::string gunzip(std::string_view bytes, std::size_t most_bytes);

}  // namespace weft::pprof
