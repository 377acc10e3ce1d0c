#include "http/text.h"

#include <boost/url/decode_view.hpp>
#include <boost/url/grammar/alnum_chars.hpp>
#include <boost/url/pct_string_view.hpp>
#include <iterator>

namespace weft::http {

namespace urls = boost::urls;

bool is_token(std::string_view text) noexcept {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return urls::grammar::alnum_chars(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) noexcept {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

bool is_host(std::string_view text) noexcept {
  constexpr std::string_view kNameMarks = "-._~%!$&'()*+,;=", kLiteralMarks = "-._~%!$&'()*+,;=:";
  const bool literal = text.starts_with('[');  // [::1]
  if (literal) text.remove_prefix(1);
  const std::string_view marks = literal ? kLiteralMarks : kNameMarks;
  const auto end = std::find_if_not(text.begin(), text.end(), [&](char c) {
    return urls::grammar::alnum_chars(c) || marks.find(c) != std::string_view::npos;
  });
  text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
  if (literal) {
    if (!text.starts_with(']')) return false;
    text.remove_prefix(1);
  }
  if (text.empty()) return true;
  return text.front() == ':' && std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank) {
  const auto checked = urls::make_pct_string_view({text.data(), text.size()});
  if (checked.has_error()) return std::nullopt;
  urls::encoding_opts options;
  options.space_as_plus = plus_is_blank;
  std::string decoded = checked->decode(options);
  if (decoded.find('\0') != std::string::npos) return std::nullopt;
  return decoded;
}

}  // namespace weft::http
