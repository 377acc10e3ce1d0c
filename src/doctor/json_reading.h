// doctor/json_reading.h: what readers of JSON share: Boost.JSON with limits and words for its errors.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace weft::doctor {

/// The object that `text` is. Errors: Unreadable, when it is none, is damaged, or nests deeper than 64.
boost::json::object parse_json_object(std::string_view text);

/// A number of any of JSON's kinds; nothing for other values.
std::optional<double> json_number(const boost::json::value& value) noexcept;

/// The member as an object or as a number; nullptr and nothing when absent or of another kind.
const boost::json::object* json_member_object(const boost::json::object& object, std::string_view key) noexcept;
std::optional<double> json_member_number(const boost::json::object& object, std::string_view key) noexcept;

}  // namespace weft::doctor
