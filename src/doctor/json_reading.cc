#include "doctor/json_reading.h"

#include "doctor/unreadable.h"

namespace weft::doctor {

namespace json = boost::json;

json::object parse_json_object(std::string_view text) {
  constexpr std::size_t kMostDepth = 64;
  json::parse_options options;
  options.max_depth = kMostDepth;
  json::error_code error;
  json::stream_parser parser({}, options);
  parser.write(text.data(), text.size(), error);
  if (!error) parser.finish(error);
  if (error) throw Unreadable("not whole JSON: " + error.message());
  json::value value = parser.release();
  if (!value.is_object()) throw Unreadable("JSON, but no object");
  return std::move(value.as_object());
}

std::optional<double> json_number(const json::value& value) noexcept {
  if (const auto* number = value.if_double()) return *number;
  if (const auto* number = value.if_int64()) return static_cast<double>(*number);
  if (const auto* number = value.if_uint64()) return static_cast<double>(*number);
  return std::nullopt;
}

const json::object* json_member_object(const json::object& object, std::string_view key) noexcept {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

std::optional<double> json_member_number(const json::object& object, std::string_view key) noexcept {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? std::nullopt : json_number(*value);
}

}  // namespace weft::doctor
