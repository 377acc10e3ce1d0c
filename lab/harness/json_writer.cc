#include "lab/harness/json_writer.h"

#include <cmath>
#include <cstdio>

namespace lab {

std::string json_quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < ' ' || byte == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      result += escape;
    } else {
      result += c;
    }
  }
  return result + '"';
}

void JsonWriter::open(std::string_view key) {
  if (has_members_.empty()) return;
  if (has_members_.back()) out_ += ',';
  has_members_.back() = true;
  out_ += '\n' + std::string(2 * has_members_.size(), ' ');
  if (!key.empty()) out_ += json_quoted(key) + ": ";
}

void JsonWriter::begin(std::string_view key, char bracket) {
  open(key);
  out_ += bracket;
  has_members_.push_back(false);
}

void JsonWriter::end(char bracket) {
  const bool members = has_members_.back();
  has_members_.pop_back();
  if (members) out_ += '\n' + std::string(2 * has_members_.size(), ' ');
  out_ += bracket;
  if (has_members_.empty()) out_ += '\n';
}

void JsonWriter::begin_object(std::string_view key) { begin(key, '{'); }
void JsonWriter::end_object() { end('}'); }
void JsonWriter::begin_array(std::string_view key) { begin(key, '['); }
void JsonWriter::end_array() { end(']'); }

void JsonWriter::text(std::string_view key, std::string_view value) {
  open(key);
  out_ += json_quoted(value);
}

void JsonWriter::number(std::string_view key, double value) {
  if (!std::isfinite(value)) return null(key);
  open(key);
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.12g", value);
  out_ += digits;
}

void JsonWriter::boolean(std::string_view key, bool value) {
  open(key);
  out_ += value ? "true" : "false";
}

void JsonWriter::null(std::string_view key) {
  open(key);
  out_ += "null";
}

}  // namespace lab
