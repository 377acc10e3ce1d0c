#include "weft/http/response.h"

#include <boost/json/serialize.hpp>

#include "http/cookie.h"
#include "http/exchange.h"
#include "weft/error.h"

namespace weft::http {
namespace {

template <class Call>
void report_error(std::error_code& ec, Call&& call) {
  ec.clear();
  try {
    call();
  } catch (const std::system_error& error) {
    ec = error.code();
  }
}

}  // namespace

Response& Response::status(int code) {
  exchange_.writer().set_status(code);
  return *this;
}

int Response::status() const noexcept { return exchange_.writer().status(); }

Response& Response::set_header(std::string_view name, std::string_view value) {
  exchange_.writer().set_header(name, value);
  return *this;
}

Response& Response::add_header(std::string_view name, std::string_view value) {
  exchange_.writer().add_header(name, value);
  return *this;
}

Response& Response::set_cookie(const Cookie& cookie) { return add_header("Set-Cookie", set_cookie_value(cookie)); }

void Response::write(std::string_view bytes) { exchange_.writer().write(bytes); }
void Response::flush() { exchange_.writer().flush(); }

void Response::write(std::string_view bytes, std::error_code& ec) {
  report_error(ec, [&] { write(bytes); });
}
void Response::flush(std::error_code& ec) {
  report_error(ec, [&] { flush(); });
}

bool Response::header_sent() const noexcept { return exchange_.writer().header_sent(); }
void Response::json(const boost::json::value& value) { send("application/json", boost::json::serialize(value)); }
void Response::send(std::string_view content_type, std::string_view body) {
  exchange_.writer().send(content_type, body);
}
void Response::error(int code, std::string_view message) { exchange_.writer().error(code, message); }

HijackedStream Response::hijack() { return exchange_.hijack(); }

void Response::redirect(std::string_view location, int code) {
  if (code < 300 || code > 399)
    throw usage_error("weft::http::Response::redirect: the status " + std::to_string(code) +
                      " is none from 300 to 399");
  set_header("Location", location);
  status(code);
}

}  // namespace weft::http
