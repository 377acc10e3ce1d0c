#include "doctor/http_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace weft::doctor {
namespace {

constexpr std::size_t kMostUrlBytes = 16 * 1024;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Blanks and control characters would end up between the lines of the request.
bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

[[noreturn]] void fail(std::string_view url, std::string_view why) {
  constexpr std::size_t kMostShown = 100;
  std::string shown(url.substr(0, kMostShown));
  // What may be a password stays out of messages.
  if (const std::size_t at = url.rfind('@'); at != std::string_view::npos)
    shown = "...@" + shown.substr(std::min(at + 1, shown.size()));
  for (char& c : shown) {
    if (!is_printable(std::string_view(&c, 1))) c = '?';
  }
  throw HttpError("'" + shown + "' is no URL to ask: " + std::string(why));
}

std::string percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const std::string_view digits = text[i] == '%' ? text.substr(i + 1, 2) : std::string_view();
    const char* end = digits.data() + digits.size();
    if (digits.size() == 2 && std::from_chars(digits.data(), end, byte, 16).ptr == end) {
      plain += static_cast<char>(byte);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

// Takes "scheme://" from the text.
std::optional<std::string> take_scheme(std::string_view& text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos || end > text.find_first_of("/?#")) return std::nullopt;
  std::string scheme = lower(text.substr(0, end));
  text.remove_prefix(end + 3);
  return scheme;
}

void read_user(HttpUrl& url, std::string_view& authority) {
  const std::size_t end = authority.rfind('@');
  if (end == std::string_view::npos) return;
  const std::string_view user = authority.substr(0, end);
  const std::size_t colon = user.find(':');
  url.user = percent_decoded(user.substr(0, colon));
  if (colon != std::string_view::npos) url.password = percent_decoded(user.substr(colon + 1));
  authority.remove_prefix(end + 1);
}

void read_host(HttpUrl& url, std::string_view authority, std::string_view whole) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) fail(whole, "an IPv6 address without its ']'");
    url.host = std::string(authority.substr(1, end - 1));
    port = authority.substr(end + 1);
    if (!port.empty() && port.front() != ':') fail(whole, "something other than a port follows the IPv6 address");
  } else {
    const std::size_t colon = authority.find(':');
    if (colon != authority.rfind(':')) fail(whole, "an IPv6 address stands in brackets: http://[::1]:6060");
    url.host = std::string(authority.substr(0, colon));
    if (colon != std::string_view::npos) port = authority.substr(colon);
    if (url.host.empty() && !port.empty()) url.host = "localhost";
  }
  if (url.host.empty()) fail(whole, "it names no host");
  if (url.host.find_first_of("%<>\"'`{}|\\^,;") != std::string::npos)
    fail(whole, "the host's name has strange characters");
  url.host = lower(url.host);
  if (port.size() <= 1) return;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() || number == 0 || number > 65535) {
    fail(whole, "the port is no number from 1 to 65535");
  }
  url.port = std::to_string(number);
}

}  // namespace

std::string HttpUrl::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (tls ? "443" : "80") ? name : name + ":" + port;
}

std::string HttpUrl::text() const {
  return (tls ? "https://" : "http://") + authority() + (target == "/" ? "" : target);
}

HttpUrl HttpUrl::with_target(std::string_view other_target) const {
  HttpUrl url = *this;
  url.target = other_target.starts_with('/') ? std::string(other_target) : "/" + std::string(other_target);
  return url;
}

HttpUrl parse_http_url(std::string_view whole) {
  if (whole.size() > kMostUrlBytes) fail(whole, "it is too long");
  if (!is_printable(whole)) fail(whole, "it has blanks or control characters");
  HttpUrl url;
  std::string_view rest = whole.substr(0, whole.find('#'));
  const std::string scheme = take_scheme(rest).value_or("http");
  if (scheme != "http" && scheme != "https") fail(whole, "only http and https can be asked");
  url.tls = scheme == "https";
  if (url.tls) url.port = "443";
  const std::size_t path = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, path);
  read_user(url, authority);
  read_host(url, authority, whole);
  return path == std::string_view::npos ? url : url.with_target(rest.substr(path));
}

HttpUrl resolve_location(const HttpUrl& base, std::string_view location) {
  std::string_view rest = location;
  const bool absolute = take_scheme(rest).has_value();
  if (!absolute && !location.starts_with("//")) {
    if (!is_printable(location) || location.empty()) throw HttpError(base.text() + ": redirects to nowhere");
    location = location.substr(0, location.find('#'));
    if (location.starts_with('/')) return base.with_target(location);
    if (location.starts_with('?')) return base.with_target(base.path() + std::string(location));
    const std::string path = base.path();
    return base.with_target(path.substr(0, path.rfind('/') + 1) + std::string(location));
  }
  HttpUrl url =
      parse_http_url(absolute ? std::string(location) : (base.tls ? "https:" : "http:") + std::string(location));
  if (url.same_server(base)) {
    url.user = base.user;
    url.password = base.password;
  }
  return url;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_letter(c) || is_digit(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += kDigits[byte >> 4];
    encoded += kDigits[byte & 15];
  }
  return encoded;
}

}  // namespace weft::doctor
