// Looking things up in a HeaderList.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "http/text.h"
#include "weft/http/client.h"

namespace weft::http {

/// The first value of that name, whatever its case; null if there is none.
inline const std::string* find_field(const HeaderList& headers, std::string_view name) noexcept {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto& each) { return equals_ignoring_case(each.first, name); });
  return found == headers.end() ? nullptr : &found->second;
}

inline std::string_view field_or_empty(const HeaderList& headers, std::string_view name) noexcept {
  const std::string* value = find_field(headers, name);
  return value != nullptr ? std::string_view(*value) : std::string_view();
}

}  // namespace weft::http
