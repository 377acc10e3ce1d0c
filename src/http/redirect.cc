#include "http/redirect.h"

#include <string>

#include "http/text.h"

namespace weft::http {
namespace {

void drop_fields(HeaderList& headers, std::initializer_list<std::string_view> names) {
  std::erase_if(headers, [&](const auto& each) {
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view name) { return equals_ignoring_case(each.first, name); });
  });
}

}  // namespace

std::optional<ClientRequest> redirected(const ClientRequest& request, const Url& from, int status,
                                        std::string_view location) {
  if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308) return std::nullopt;
  if (location.empty()) return std::nullopt;
  const std::optional<Url> to = resolve_url(from, location);
  if (!to) return std::nullopt;
  const bool keeps_method =
      status == 307 || status == 308 || request.method == "HEAD" || (status != 303 && request.method != "POST");
  if (keeps_method && request.body_source) return std::nullopt;
  // Not a copy of the request: its source may be at work at this moment.
  ClientRequest next{.method = keeps_method ? request.method : "GET",
                     .url = std::string(to->parsed.buffer()),
                     .headers = request.headers,
                     .body = keeps_method ? request.body : ""};
  if (!keeps_method) drop_fields(next.headers, {"Content-Type"});
  if (to->address() != from.address() || to->secure != from.secure) {
    drop_fields(next.headers, {"Authorization", "Cookie", "Host"});
  }
  return next;
}

}  // namespace weft::http
