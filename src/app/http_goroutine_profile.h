// Every goroutine's stack, in the pprof format.
#pragma once

#include <string>

namespace weft::http {

/// profile.proto, not compressed: a sample for each different stack, its value how many goroutines have it.
std::string goroutine_profile();

}  // namespace weft::http
