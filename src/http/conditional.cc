#include "http/conditional.h"

#include <algorithm>
#include <charconv>

#include "http/date.h"
#include "http/text.h"

namespace weft::http {
namespace {

enum class Comparison { kStrong, kWeak };  // a weak validator is equal to nothing, or to its strong one

bool is_one_of(std::string_view etag, std::string_view list, Comparison comparison) noexcept {
  if (trimmed(list) == "*") return true;
  while (!list.empty()) {
    std::string_view each = trimmed(list.substr(0, list.find(',')));
    list.remove_prefix(std::min(list.find(','), list.size() - 1) + 1);
    if (comparison == Comparison::kWeak && each.starts_with("W/")) each.remove_prefix(2);
    if (each == etag) return true;
  }
  return false;
}

std::optional<std::uint64_t> number(std::string_view digits) noexcept {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failed != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

bool is_out_of_date(const Request& req, const Validators& current) {
  if (const std::string_view list = req.header("If-Match"); !list.empty())
    return !is_one_of(current.etag, list, Comparison::kStrong);
  const std::optional<std::time_t> since = parse_http_date(req.header("If-Unmodified-Since"));
  return since && current.modified > *since;
}

bool has_already(const Request& req, const Validators& current) {
  if (const std::string_view list = req.header("If-None-Match"); !list.empty())
    return is_one_of(current.etag, list, Comparison::kWeak);
  const std::optional<std::time_t> since = parse_http_date(req.header("If-Modified-Since"));
  return since && current.modified <= *since;
}

AskedRange asked_range(const Request& req, const Validators& current, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  const std::string_view asked = req.header("Range"), condition = req.header("If-Range");
  if (req.method() != "GET" || !asked.starts_with(kUnit) || asked.find(',') != std::string_view::npos) return {};
  if (!condition.empty() && condition != current.etag && parse_http_date(condition) != current.modified) return {};
  const std::string_view spec = trimmed(asked.substr(kUnit.size()));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return {};
  const std::optional<std::uint64_t> from = number(spec.substr(0, dash)), to = number(spec.substr(dash + 1));
  if (dash == 0) {  // the last so many
    if (!to) return {};
    const std::uint64_t count = std::min(*to, size);
    return count == 0 ? AskedRange{.satisfiable = false} : AskedRange{.range = Range{size - count, count}};
  }
  if (!from || (!to && dash + 1 != spec.size()) || (to && *to < *from)) return {};
  if (*from >= size) return {.satisfiable = false};
  const std::uint64_t last = to ? std::min(*to, size - 1) : size - 1;
  return {.range = Range{*from, last - *from + 1}};
}

}  // namespace weft::http
