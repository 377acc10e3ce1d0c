// A URL that a client can go to.
#pragma once

#include <boost/url/url.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace weft::http {

struct Url {
  boost::urls::url parsed;
  bool secure = false;  // https

  /// "host:port", to connect to.
  std::string address() const;
  /// As the Host header names it: without a port that goes without saying.
  std::string host() const;
  /// What goes into the request line.
  std::string target() const;
  /// Without the name and password that may stand in it, and without a fragment.
  std::string text() const;
};

/// Nothing unless it is an absolute http or https URL with a host.
std::optional<Url> parse_url(std::string_view text);
/// What Location means in an answer from `base`.
std::optional<Url> resolve_url(const Url& base, std::string_view location);

}  // namespace weft::http
