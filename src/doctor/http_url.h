// doctor/http_url.h: the address of something that is asked over HTTP.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace weft::doctor {

/// Why an address can't be asked or gave no answer, in a sentence: "http://x:6060: connection refused".
struct HttpError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct HttpUrl {
  bool tls = false;
  std::string host;  // an IPv6 address without its brackets
  std::string port = "80";
  std::string target = "/";    // path and query
  std::string user, password;  // percent-decoded

  /// "host" or "host:port", as the Host header wants it.
  std::string authority() const;
  /// "http://host:port/path", without what must stay secret.
  std::string text() const;
  std::string path() const { return target.substr(0, target.find('?')); }
  bool same_server(const HttpUrl& other) const { return tls == other.tls && host == other.host && port == other.port; }
  HttpUrl with_target(std::string_view other_target) const;
};

/// "host:6060", ":6060" and "[::1]:6060/x" are http. Errors: HttpError.
HttpUrl parse_http_url(std::string_view text);

/// What a Location header of `base` means. The secrets go along to the same server only. Errors: HttpError.
HttpUrl resolve_location(const HttpUrl& base, std::string_view location);

/// Percent-encodes all but letters, digits and "-._~".
std::string percent_encoded(std::string_view text);

}  // namespace weft::doctor
