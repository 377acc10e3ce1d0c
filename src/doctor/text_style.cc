#include "doctor/text_style.h"

#include <algorithm>

namespace weft::doctor {

namespace {

// A character of UTF-8 at the start of the text: how many bytes it has, and which it is. No bytes: it is none.
struct Decoded {
  std::size_t bytes = 0;
  char32_t character = 0;
};

Decoded decode(std::string_view text) {
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};  // by length; less is a longer way to write the same
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {1, lead};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  char32_t character = lead & (0x7fu >> length);
  for (const char c : text.substr(1, length - 1)) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) return {};
    character = character << 6 | (static_cast<unsigned char>(c) & 0x3f);
  }
  const bool surrogate = character >= 0xd800 && character < 0xe000;
  return character < kLeast[length] || character > 0x10ffff || surrogate ? Decoded{} : Decoded{length, character};
}

bool is_obeyed(char32_t c) {
  const auto within = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  return c < 0x20 || within(0x7f, 0x9f) || c == 0x61c || within(0x200b, 0x200f) || within(0x2028, 0x202e) ||
         within(0x2060, 0x206f) || c == 0xfeff || within(0xfff9, 0xfffb);
}

// Nobody reads on; it is a name that somebody made so long.
std::string shortened(std::string text) {
  constexpr std::size_t kMost = 2000;
  if (text.size() <= kMost) return text;
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "...";
}

}  // namespace

std::string printable(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const Decoded next = decode(text.substr(0, 4));
    if (next.bytes == 0 || is_obeyed(next.character)) {
      clean += '?';
    } else {
      clean += text.substr(0, next.bytes);
    }
    text.remove_prefix(std::max<std::size_t>(next.bytes, 1));
  }
  return clean;
}

std::string inked(const TextStyle& style, Ink ink, std::string_view text) {
  static constexpr const char* kCodes[] = {"1", "1;31", "1;33", "32", "2"};
  if (!style.colour) return std::string(text);
  return "\x1b[" + std::string(kCodes[static_cast<int>(ink)]) + "m" + std::string(text) + "\x1b[0m";
}

void write_wrapped(std::ostream& out, const TextStyle& style, std::string_view label, std::string_view text) {
  const std::string clean = shortened(printable(text));
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
