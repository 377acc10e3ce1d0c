// Texts that another service keeps, for notes that begin with one of them.
#pragma once

#include <string>
#include <string_view>

#include "weft/http.h"

namespace notes {

/// GET <url><name>, from a service that may be slow or away.
class Templates {
 public:
  /// `url` ends with a slash; empty: there are no templates.
  explicit Templates(std::string url) : url_(std::move(url)) {}

  /// Thread safety  any
  /// Errors         HttpError 404 where there is none of that name, 502 when the service cannot be asked, 504 when it
  ///                does not answer
  std::string text(std::string_view name, const weft::Context& ctx);

 private:
  const std::string url_;
  weft::http::Client client_{{.timeout = std::chrono::seconds(2), .max_body_bytes = 64 << 10}};
};

}  // namespace notes
