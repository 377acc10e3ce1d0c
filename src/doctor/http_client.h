// doctor/http_client.h: asks one URL and waits for the answer, no longer than it was told.
//
// What it is not: a client that keeps connections, sends bodies or knows proxies. Each call stands alone; calls from
// several threads do not meet.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "doctor/http_url.h"

namespace weft::doctor {

struct HttpOptions {
  std::chrono::milliseconds connect_timeout{5'000};  // to find, reach and greet one server
  std::chrono::milliseconds answer_timeout{60'000};  // on top of it, for all the rest, redirects included
  std::size_t most_bytes = std::size_t{64} << 20;    // of an answer's body, packed and unpacked
  int most_redirects = 5;
  bool verify_tls = true;
  std::string bearer_token;  // sent unless the URL names a user
  /// Called about once a second while the answer is awaited, from the calling thread.
  std::function<void()> waiting = [] {};
};

struct HttpAnswer {
  HttpUrl url;  // that answered, after redirects
  unsigned status = 0;
  std::string reason;        // "Not Found"
  std::string content_type;  // in lower case, without parameters
  std::string body;
  double seconds = 0;  // from the question sent to the last byte

  bool ok() const { return status == 200; }
  /// "404 Not Found: Unknown profile": the status, and the body's first line where it is one of plain text.
  std::string describe() const;
};

/// GET.
/// Returns   the answer, whatever its status; unpacked where it was sent gzip-compressed
/// Errors    HttpError when there was none: nobody listens, time is over, too large, no HTTP, a certificate not trusted
/// Blocking  until the answer, connect_timeout + answer_timeout at most, whatever the server does
HttpAnswer http_get(const HttpUrl& url, const HttpOptions& options);

}  // namespace weft::doctor
