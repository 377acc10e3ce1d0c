#include "doctor/text_scan.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace weft::doctor {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool same_letters(std::string_view text, std::string_view lower_case) noexcept {
  if (text.size() != lower_case.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower_case[i]) return false;
  }
  return true;
}

// Too large or too small a number is infinite or zero, as strtod has it; from_chars leaves it undecided.
double out_of_range_value(std::string_view digits) noexcept {
  const std::size_t exponent = digits.find_first_of("eE");
  const bool tiny = exponent != std::string_view::npos ? digits.substr(exponent + 1).starts_with('-')
                                                       : digits.starts_with("0.") || digits.starts_with('.');
  return tiny ? 0 : std::numeric_limits<double>::infinity();
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::optional<double> parse_number(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const double sign = negative ? -1 : 1;
  if (same_letters(text, "inf") || same_letters(text, "infinity")) {
    return sign * std::numeric_limits<double>::infinity();
  }
  if (same_letters(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  if (text.empty() || !(is_digit(text[0]) || text[0] == '.')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return sign * out_of_range_value(text);
  return error == std::errc() ? std::optional(sign * value) : std::nullopt;
}

std::optional<std::int64_t> parse_integer(std::string_view text, int base) noexcept {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool Cursor::skip(std::string_view word) noexcept {
  if (!rest_.starts_with(word)) return false;
  rest_.remove_prefix(word.size());
  return true;
}

void Cursor::skip_blanks() noexcept {
  const std::size_t first = rest_.find_first_not_of(" \t");
  rest_.remove_prefix(first == std::string_view::npos ? rest_.size() : first);
}

std::optional<double> Cursor::number() noexcept {
  if (rest_.empty() || !(is_digit(rest_[0]) || rest_[0] == '.')) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
  if (error != std::errc()) return std::nullopt;
  rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
  return value;
}

std::optional<std::int64_t> Cursor::integer() noexcept {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
  if (error != std::errc()) return std::nullopt;
  rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
  return value;
}

std::string_view Cursor::word() noexcept {
  const std::string_view word = rest_.substr(0, rest_.find_first_of(kBlanks));
  rest_.remove_prefix(word.size());
  return word;
}

std::optional<std::string_view> Cursor::until(char end) noexcept {
  const std::size_t at = rest_.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view part = rest_.substr(0, at);
  rest_.remove_prefix(at + 1);
  return part;
}

}  // namespace weft::doctor
