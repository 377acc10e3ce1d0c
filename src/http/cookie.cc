#include "http/cookie.h"

#include <algorithm>

#include "http/text.h"
#include "weft/error.h"

namespace weft::http {
namespace {

bool is_cookie_value(std::string_view text) noexcept {
  constexpr std::string_view kExcluded = "\",;\\";
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return c > 0x20 && c < 0x7f && kExcluded.find(c) == std::string_view::npos; });
}

bool is_attribute(std::string_view text) noexcept {
  return is_field_value(text) && text.find(';') == std::string_view::npos;
}

void require(bool holds, const Cookie& cookie, const char* what) {
  if (!holds) throw usage_error("weft::http::Response::set_cookie(\"" + cookie.name + "\"): " + what);
}

const char* text_of(SameSite site) noexcept {
  switch (site) {
    case SameSite::kLax:
      return "Lax";
    case SameSite::kStrict:
      return "Strict";
    case SameSite::kNone:
      break;
  }
  return "None";
}

}  // namespace

std::string set_cookie_value(const Cookie& cookie) {
  require(is_token(cookie.name), cookie, "this is no name of a cookie");
  require(is_cookie_value(cookie.value), cookie, "the value has a character that no cookie may have: encode it");
  require(is_attribute(cookie.path) && is_attribute(cookie.domain), cookie, "the path or the domain is none");
  require(cookie.same_site != SameSite::kNone || cookie.secure, cookie, "SameSite::kNone is for secure ones alone");
  std::string text = cookie.name + '=' + cookie.value;
  if (!cookie.path.empty()) text += "; Path=" + cookie.path;
  if (!cookie.domain.empty()) text += "; Domain=" + cookie.domain;
  if (cookie.max_age) text += "; Max-Age=" + std::to_string(std::max<std::int64_t>(cookie.max_age->count(), 0));
  if (cookie.secure) text += "; Secure";
  if (cookie.http_only) text += "; HttpOnly";
  return text + "; SameSite=" + text_of(cookie.same_site);
}

std::optional<std::string_view> find_cookie(std::string_view field, std::string_view name) noexcept {
  while (!field.empty()) {
    const std::string_view pair = trimmed(field.substr(0, field.find(';')));
    field.remove_prefix(std::min(field.find(';'), field.size() - 1) + 1);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (trimmed(pair.substr(0, equals)) != name || equals == pair.size()) continue;
    std::string_view value = trimmed(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return value;
  }
  return std::nullopt;
}

}  // namespace weft::http
