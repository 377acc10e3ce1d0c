// pprof/other_format.h: names what a file is that was taken for a profile.
#pragma once

#include <string_view>

namespace weft::pprof {

/// What the bytes are, for "not a pprof profile: it is ...", with what to do about it; empty: nothing known.
std::string_view name_other_format(std::string_view bytes) noexcept;

}  // namespace weft::pprof
