// The parsers of scenario 12: nested lists (a sum) and maxima (the largest), `[1,(2,[3])]`, by recursion and by
// iteration.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lab {

enum class ParseOutcome : std::uint8_t { parsed, syntax_error, too_deep };

struct Parsed {
  std::int64_t value = 0;
  ParseOutcome outcome = ParseOutcome::parsed;
  friend bool operator==(const Parsed&, const Parsed&) = default;
};

/// `[1,(1,[1, ... 1 ... )])`: lists and maxima in turn, `depth` of them.
inline std::string nested(std::size_t depth) {
  std::string text;
  for (std::size_t level = 0; level < depth; ++level) text += level % 2 == 0 ? "[1," : "(1,";
  text += '1';
  for (std::size_t level = depth; level-- > 0;) text += "])"[level % 2];
  return text;
}

/// Digits at `at`, which moves behind them.
inline Parsed parse_number(std::string_view text, std::size_t& at) {
  Parsed result;
  const std::size_t begin = at;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
    result.value = result.value * 10 + (text[at] - '0');
  if (at == begin) result.outcome = ParseOutcome::syntax_error;
  return result;
}

/// Recursive descent: as deep on the stack as the input is nested.
class RecursiveParser {
 public:
  explicit RecursiveParser(std::string_view text) : text_(text) {}

  Parsed document() {
    Parsed result = value();
    if (result.outcome == ParseOutcome::parsed && at_ != text_.size()) return {0, ParseOutcome::syntax_error};
    return result;
  }

 private:
  Parsed value() {
    if (at_ == text_.size() || (text_[at_] != '[' && text_[at_] != '(')) return parse_number(text_, at_);
    const bool list = text_[at_] == '[';
    Parsed result;
    for (;;) {
      ++at_;
      const Parsed one = value();
      if (one.outcome != ParseOutcome::parsed) return one;
      result.value = list ? result.value + one.value : std::max(result.value, one.value);
      if (at_ == text_.size()) return {0, ParseOutcome::syntax_error};
      if (text_[at_] == ',') continue;
      if (text_[at_] != (list ? ']' : ')')) return {0, ParseOutcome::syntax_error};
      ++at_;
      return result;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// One bracket that is open.
struct OpenBracket {
  std::int64_t result = 0;
  char end = 0;

  void add(std::int64_t value) { result = end == ']' ? result + value : std::max(result, value); }
};

/// Iterative: `open` (cleared first) holds the brackets around the innermost open one; `depth_limit` of them may be
/// open in all.
inline Parsed parse_iteratively(std::string_view text, std::vector<OpenBracket>& open, std::size_t depth_limit) {
  open.clear();
  std::size_t at = 0;
  std::size_t depth = 0;
  OpenBracket innermost;
  for (;;) {
    for (; at < text.size() && (text[at] == '[' || text[at] == '('); ++at) {
      if (depth == depth_limit) return {0, ParseOutcome::too_deep};
      if (depth++ > 0) open.push_back({innermost.result, innermost.end});
      innermost = {0, text[at] == '[' ? ']' : ')'};
    }
    Parsed one = parse_number(text, at);
    if (one.outcome != ParseOutcome::parsed) return one;
    for (;; ++at) {  // hands `one` to the innermost bracket, and on outwards as brackets close
      if (depth == 0) return at == text.size() ? one : Parsed{0, ParseOutcome::syntax_error};
      innermost.add(one.value);
      if (at < text.size() && text[at] == ',') break;
      if (at == text.size() || text[at] != innermost.end) return {0, ParseOutcome::syntax_error};
      one.value = innermost.result;
      if (--depth == 0) continue;
      innermost = {open.back().result, open.back().end};
      open.pop_back();
    }
    ++at;
  }
}

}  // namespace lab
