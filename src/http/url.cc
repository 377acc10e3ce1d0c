#include "http/url.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <string>

namespace weft::http {

namespace urls = boost::urls;

namespace {

std::optional<Url> usable(urls::url parsed) {
  const bool secure = parsed.scheme_id() == urls::scheme::https;
  if ((!secure && parsed.scheme_id() != urls::scheme::http) || parsed.encoded_host().empty()) return std::nullopt;
  if (parsed.has_port()) {
    const std::string port(parsed.port());
    if (port.empty() || port.size() > 5 || std::stoul(port) == 0 || std::stoul(port) > 65535) return std::nullopt;
  }
  return Url{std::move(parsed), secure};
}

}  // namespace

std::string Url::address() const {
  const std::string port = parsed.has_port() ? std::string(parsed.port()) : secure ? "443" : "80";
  return std::string(parsed.encoded_host()) + ":" + port;
}

std::string Url::host() const {
  const std::string name(parsed.encoded_host());
  const bool usual = !parsed.has_port() || parsed.port_number() == (secure ? 443 : 80);
  return usual ? name : name + ":" + std::string(parsed.port());
}

std::string Url::target() const {
  std::string target(parsed.encoded_path());
  if (!target.starts_with('/')) target.insert(0, "/");
  if (parsed.has_query()) target += "?" + std::string(parsed.encoded_query());
  return target;
}

std::string Url::text() const {
  urls::url shown = parsed;
  shown.remove_userinfo();
  shown.remove_fragment();
  return std::string(shown.buffer());
}

std::optional<Url> parse_url(std::string_view text) {
  const auto parsed = urls::parse_uri({text.data(), text.size()});
  if (parsed.has_error()) return std::nullopt;
  return usable(urls::url(*parsed));
}

std::optional<Url> resolve_url(const Url& base, std::string_view location) {
  const auto reference = urls::parse_uri_reference({location.data(), location.size()});
  if (reference.has_error()) return std::nullopt;
  urls::url resolved;
  if (urls::resolve(base.parsed, *reference, resolved).has_error()) return std::nullopt;
  return usable(std::move(resolved));
}

}  // namespace weft::http
