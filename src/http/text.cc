#include "http/text.h"

#include <boost/url/authority_view.hpp>
#include <boost/url/decode_view.hpp>
#include <boost/url/grammar/alnum_chars.hpp>
#include <boost/url/grammar/charset.hpp>
#include <boost/url/grammar/digit_chars.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
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

// Nearly all are a name or an IPv4 address, perhaps with a port: that is told at a glance.
bool is_host(std::string_view text) noexcept {
  namespace grammar = urls::grammar;
  const auto host_end = grammar::find_if_not(text.begin(), text.end(), urls::unreserved_chars);
  if (host_end == text.end()) return true;
  if (*host_end == ':' && grammar::find_if_not(host_end + 1, text.end(), grammar::digit_chars) == text.end())
    return true;
  const auto parsed = urls::parse_authority({text.data(), text.size()});
  return parsed.has_value() && !parsed->has_userinfo();
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
