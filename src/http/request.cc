#include "weft/http/request.h"

#include "http/exchange.h"

namespace weft::http {

std::string_view Request::method() const noexcept { return exchange_.head().method(); }
std::string_view Request::target() const noexcept { return exchange_.head().target(); }
std::string_view Request::path() const noexcept { return exchange_.path(); }
std::string_view Request::pattern() const noexcept { return exchange_.pattern(); }
std::string_view Request::path_value(std::string_view name) const noexcept { return exchange_.path_value(name); }
std::string_view Request::query(std::string_view name) const { return exchange_.query(name).value_or(""); }
bool Request::has_query(std::string_view name) const { return exchange_.query(name).has_value(); }
std::string_view Request::header(std::string_view name) const noexcept { return exchange_.head().field_value(name); }
std::span<const HeaderField> Request::headers() const noexcept { return exchange_.head().fields(); }
int Request::version() const noexcept { return exchange_.head().http_version(); }
std::string_view Request::body() const { return exchange_.body().all(); }
std::size_t Request::read_body(std::span<std::byte> into) const { return exchange_.body().read(into); }
Context Request::context() const { return exchange_.context(); }
net::Endpoint Request::remote_endpoint() const { return exchange_.connection().remote_endpoint(); }

}  // namespace weft::http
