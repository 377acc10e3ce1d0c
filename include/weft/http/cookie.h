// weft/http/cookie.h: Cookie, what Response::set_cookie() gives the client to keep; it comes back as Request::cookie().
// Guide: docs/guide/http.md
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace weft::http {

/// What the Cookie's SameSite says: whether it is sent along with requests that come from another site's pages.
enum class SameSite { kLax, kStrict, kNone };

/// A cookie that is the safest one by default: no script reads it, and no form of another site sends it. For pages over
/// TLS set `secure` as well.
struct Cookie {
  std::string name, value;  // a token; printable ASCII without blank, comma, semicolon, backslash and quotation mark
  std::string path = "/";
  std::string domain = {};                           // empty: the host that was asked, and no other
  std::optional<std::chrono::seconds> max_age = {};  // none: until the client ends; 0 or less: it is taken away
  bool secure = false;                               // over TLS only
  bool http_only = true;                             // not for scripts
  SameSite same_site = SameSite::kLax;
};

}  // namespace weft::http
