#include "http/exchange.h"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>

#include "base/fatal.h"
#include "http/server_impl.h"
#include "http/target.h"
#include "http/text.h"

namespace weft::http {
namespace {

void log_handler_error(const Exchange& exchange, const char* what) {
  std::string line =
      fmt::format("weft::http: {} {}: the handler threw: {}", exchange.head().method, exchange.head().target, what);
  std::replace_if(line.begin(), line.end(), base::is_control, ' ');  // one line, whatever the client sent
  base::write_all(STDERR_FILENO, line + '\n');
}

}  // namespace

Exchange::Exchange(Carrier& carrier) noexcept
    : carrier_(carrier),
      server_(carrier.server()),
      head_(carrier.head()),
      writer_(carrier.writer()),
      request_(*this),
      response_(*this) {}

void Exchange::answer() noexcept {
  ServerImpl::Counters& counters = server_.counters;
  counters.active.fetch_add(1, std::memory_order_relaxed);
  try {
    dispatch();
    writer_.require_declared_length();
  } catch (...) {
    answer_exception();
  }
  carrier_.finish();
  counters.active.fetch_sub(1, std::memory_order_relaxed);
  counters.requests.fetch_add(1, std::memory_order_relaxed);
}

void Exchange::count_handler_error(const char* what) noexcept {
  server_.counters.handler_errors.fetch_add(1, std::memory_order_relaxed);
  try {
    log_handler_error(*this, what);
  } catch (const std::bad_alloc&) {
    // It is counted.
  }
}

void Exchange::answer_exception() noexcept {
  const auto give_up = [&](int status, const char* message) {
    try {
      if (writer_.header_sent()) {
        writer_.fail();  // half an answer must not look like a whole one
      } else {
        writer_.error(status, message);
      }
    } catch (const std::exception&) {
      writer_.fail();
    }
  };
  try {
    throw;
  } catch (const HttpError& error) {
    if (ResponseWriter::is_status(error.status())) return give_up(error.status(), error.what());
    give_up(500, "Internal Server Error");
    count_handler_error("an HttpError whose status is none from 200 to 599");
  } catch (const std::exception& error) {
    if (writer_.failed() && !hijacked_) return;  // the client has left
    give_up(500, "Internal Server Error");
    count_handler_error(error.what());
  } catch (...) {
    give_up(500, "Internal Server Error");
    count_handler_error("something that is no std::exception");
  }
}

bool Exchange::split_target() {
  const SplitTarget parts = split(head_.target);
  raw_path_ = parts.path;
  raw_query_ = parts.query;
  path_ = raw_path_;
  if (raw_path_.find('%') == std::string_view::npos) return !raw_path_.empty();
  const std::optional<std::string> decoded = percent_decoded(raw_path_, false);
  if (!decoded) return false;
  path_ = keep(*decoded);
  return true;
}

void Exchange::dispatch() {
  if (!split_target()) {
    carrier_.distrust_what_follows();
    throw HttpError(400, "Bad Request");
  }
  if (raw_path_.starts_with('/')) match_ = server_.router.find(head_.method, raw_path_);
  call(0);
}

void Exchange::call(std::size_t index) {
  const std::vector<Middleware>& middleware = server_.middleware;
  if (index == middleware.size()) return call_handler();
  middleware[index](request_, response_, [this, index](const Request&, Response&) { call(index + 1); });
}

void Exchange::call_handler() {
  if (needs_cleaning(path_)) {
    // Dots that were hidden; a backslash, which browsers take for a slash: "/\host//" would lead to another host.
    if (raw_path_ != path_ || path_.find('\\') != std::string_view::npos) {
      carrier_.distrust_what_follows();
      throw HttpError(400, "Bad Request");
    }
    const std::string query = raw_query_.empty() ? std::string() : "?" + std::string(raw_query_);
    return response_.redirect(cleaned(path_) + query, 301);
  }
  if (match_.route != nullptr) return match_.route->handler(request_, response_);
  if (raw_path_ == "*" && head_.method == "OPTIONS") return;
  if (match_.allowed.empty()) return response_.error(404, "Not Found");
  response_.error(405, "Method Not Allowed");
  response_.set_header("Allow", match_.allowed);
}

BodyReader& Exchange::body() {
  if (hijacked_) throw usage_error("weft::http::Request::body: the connection was taken by hijack()");
  return carrier_.body();
}

HijackedStream Exchange::hijack() {
  if (hijacked_) throw usage_error("weft::http::Response::hijack: for the second time");
  if (writer_.has_written()) throw usage_error("weft::http::Response::hijack: something was written already");
  HijackedStream stream = carrier_.hijack();
  hijacked_ = true;
  writer_.fail();
  return stream;
}

std::string_view Exchange::pattern() const noexcept {
  return match_.route == nullptr ? std::string_view() : std::string_view(match_.route->pattern);
}

std::string_view Exchange::path_value(std::string_view name) {
  if (match_.route == nullptr) return {};
  const std::vector<std::string>& names = match_.route->wildcards;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] != name) continue;
    std::string_view& value = match_.values[i];
    if (value.find('%') == std::string_view::npos) return value;
    return keep(percent_decoded(value, false).value_or(std::string()));
  }
  return {};
}

std::optional<std::string_view> Exchange::query(std::string_view name) { return find_value(raw_query_, name); }

bool Exchange::has_form() const noexcept {
  const std::string_view type = head_.field_value("Content-Type");
  return equals_ignoring_case(trimmed(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded");
}

std::optional<std::string_view> Exchange::find_value(std::string_view pairs, std::string_view name) {
  for (std::string_view rest = pairs; !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::optional<std::string> key = percent_decoded(pair.substr(0, equals), true);
    if (!key) throw HttpError(400, "Bad Request");
    if (*key != name) continue;
    const std::optional<std::string> value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!value) throw HttpError(400, "Bad Request");
    return keep(*value);
  }
  return std::nullopt;
}

}  // namespace weft::http
