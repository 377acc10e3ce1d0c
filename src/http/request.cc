#include "weft/http/request.h"

#include "http/cookie.h"
#include "http/exchange.h"
#include "http/text.h"
#include "weft/error.h"

namespace weft::http {
namespace {

// What a client is told whose body cannot be read.
HttpError refusal(const std::error_code& why) {
  if (why == std::errc::message_size) return {413, "the body is too large"};
  if (why == errc::deadline_exceeded) return {408, "the body did not come in time"};
  if (why == std::errc::bad_message) return {400, "a chunk that is none"};
  return {400, "the body breaks off"};
}

}  // namespace

std::string_view Request::method() const noexcept { return exchange_.head().method; }
std::string_view Request::target() const noexcept { return exchange_.head().target; }
std::string_view Request::path() const noexcept { return exchange_.path(); }
std::string_view Request::pattern() const noexcept { return exchange_.pattern(); }
std::string_view Request::path_value(std::string_view name) const noexcept { return exchange_.path_value(name); }
std::string_view Request::query(std::string_view name) const { return exchange_.query(name).value_or(""); }
bool Request::has_query(std::string_view name) const { return exchange_.query(name).has_value(); }
std::string_view Request::form(std::string_view name) const {
  return exchange_.has_form() ? exchange_.find_value(body(), name).value_or("") : "";
}
std::string_view Request::cookie(std::string_view name) const noexcept {
  for (const HeaderField& field : headers()) {
    if (!equals_ignoring_case(field.name, "cookie")) continue;
    if (const auto value = find_cookie(field.value, name)) return *value;
  }
  return {};
}
std::string_view Request::header(std::string_view name) const noexcept { return exchange_.head().field_value(name); }
std::span<const HeaderField> Request::headers() const noexcept { return exchange_.head().fields; }
int Request::version() const noexcept { return exchange_.head().version; }
Context Request::context() const { return exchange_.context(); }
net::Endpoint Request::remote_endpoint() const { return exchange_.remote_endpoint(); }

std::string_view Request::body(std::error_code& ec) const { return exchange_.body().all(ec); }

std::string_view Request::body() const {
  std::error_code ec;
  const std::string_view all = body(ec);
  if (ec) throw refusal(ec);
  return all;
}

std::size_t Request::read_body(std::span<std::byte> into, std::error_code& ec) const {
  return exchange_.body().read(into, ec);
}

std::size_t Request::read_body(std::span<std::byte> into) const {
  std::error_code ec;
  const std::size_t count = read_body(into, ec);
  if (ec) throw refusal(ec);
  return count;
}

}  // namespace weft::http
