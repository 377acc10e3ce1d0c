// doctor/text_scan.h: walking over text from elsewhere, one pass and no copies: lines, words, numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weft::doctor {

/// Without blanks, tabs, line ends at both ends.
std::string_view trim(std::string_view text) noexcept;

/// The number that `text` is, all of it: "1.5e-07", "+Inf", "NaN".
std::optional<double> parse_number(std::string_view text) noexcept;
/// The same for whole numbers in base 10 or 16; nothing where they don't fit.
std::optional<std::int64_t> parse_integer(std::string_view text, int base = 10) noexcept;

/// Calls `use(line)` for each line, without its end ("\n" or "\r\n"); what follows the last line's end counts if not
/// empty.
template <class Use>
void for_each_line(std::string_view text, Use&& use) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    use(line);
  }
}

/// Calls `use(part)` for each part between separators; an empty text has one part.
template <class Use>
void for_each_part(std::string_view text, char separator, Use&& use) {
  while (true) {
    const std::size_t end = text.find(separator);
    use(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

/// A place in a text that moves forward over what it recognises, and stays where it does not.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  std::string_view rest() const noexcept { return rest_; }
  bool at_end() const noexcept { return rest_.empty(); }

  bool skip(std::string_view word) noexcept;
  void skip_blanks() noexcept;
  /// A decimal number without a sign: "12", "0.037", "1e+06".
  std::optional<double> number() noexcept;
  /// A whole number, with a sign or not.
  std::optional<std::int64_t> integer() noexcept;
  /// Up to the next blank or the end.
  std::string_view word() noexcept;
  /// Up to `end`, which is passed over; nothing when it does not come.
  std::optional<std::string_view> until(char end) noexcept;

 private:
  std::string_view rest_;
};

}  // namespace weft::doctor
