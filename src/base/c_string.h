// Texts on their way to C.
#pragma once

#include <string_view>

namespace weft::base {

/// False where a zero byte in it would cut it off: who checks a name would check another than C is given.
constexpr bool is_c_string(std::string_view text) noexcept { return text.find('\0') == std::string_view::npos; }

}  // namespace weft::base
