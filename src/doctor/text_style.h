// doctor/text_style.h: wrapped, indented, coloured lines.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "doctor/report.h"

namespace weft::doctor {

enum class Ink { kBold, kRed, kYellow, kGreen, kDim };

/// What was read from elsewhere, made harmless: one '?' for each byte that is no UTF-8, and for each character that a
/// terminal or a page obeys instead of showing: controls, and what turns the direction of writing.
std::string printable(std::string_view text);
std::string inked(const TextStyle& style, Ink ink, std::string_view text);
/// Prints `text` behind `label`, wrapped at words; the lines after the first are indented as far as the first one's
/// text.
void write_wrapped(std::ostream& out, const TextStyle& style, std::string_view label, std::string_view text);

}  // namespace weft::doctor
