// doctor/section_table.h: what binutils print of an executable: `readelf -S`, `readelf -n`, `size`, `size -A`; and the
// file's size in bytes as "7860487 bytes".
#pragma once

#include <string_view>

#include "doctor/evidence.h"

namespace weft::doctor {

/// True if the text looks like one of them.
bool is_section_table(std::string_view text);
/// Adds what it says. False: nothing could be read.
bool read_section_table(std::string_view text, Binary& binary);

}  // namespace weft::doctor
