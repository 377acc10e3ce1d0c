// doctor/text_style.h: wrapped, indented, coloured lines.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "doctor/report.h"

namespace weft::doctor {

enum class Ink { kBold, kRed, kYellow, kGreen, kDim };

/// Control characters of what was read from elsewhere never reach a terminal.
std::string printable(std::string_view text);
std::string inked(const TextStyle& style, Ink ink, std::string_view text);
/// Prints `text` behind `label`, wrapped at words; the lines after the first are indented as far as the first one's
/// text.
void write_wrapped(std::ostream& out, const TextStyle& style, std::string_view label, std::string_view text);

}  // namespace weft::doctor
