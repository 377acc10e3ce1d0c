#include "doctor/text_style.h"

#include <algorithm>

namespace weft::doctor {

std::string printable(std::string_view text) {
  std::string clean(text);
  std::ranges::replace_if(clean, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return clean;
}

std::string inked(const TextStyle& style, Ink ink, std::string_view text) {
  static constexpr const char* kCodes[] = {"1", "1;31", "1;33", "32", "2"};
  if (!style.colour) return std::string(text);
  return "\x1b[" + std::string(kCodes[static_cast<int>(ink)]) + "m" + std::string(text) + "\x1b[0m";
}

void write_wrapped(std::ostream& out, const TextStyle& style, std::string_view label, std::string_view text) {
  const std::string clean = printable(text);
  const std::string indent(label.size(), ' ');
  const std::size_t room = std::max<std::size_t>(style.width > label.size() ? style.width - label.size() : 0, 30);
  std::string_view rest = clean;
  std::string_view front = label;
  do {
    std::size_t length = rest.size();
    if (length > room) {
      const std::size_t space = rest.rfind(' ', room);
      length = space == std::string_view::npos || space == 0 ? std::min(rest.find(' '), rest.size()) : space;
    }
    out << front << rest.substr(0, length) << '\n';
    rest.remove_prefix(std::min(rest.size(), length + 1));
    front = indent;
  } while (!rest.empty());
}

}  // namespace weft::doctor
