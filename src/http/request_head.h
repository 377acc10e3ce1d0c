// The head of a request as plain data, whichever protocol brought it.
#pragma once

#include <span>
#include <string_view>

#include "http/text.h"
#include "weft/http/request.h"

namespace weft::http {

/// Its texts are its carrier's.
struct RequestHead {
  std::string_view method, target;
  int version = 0;  // as Request::version()
  std::span<const HeaderField> fields;

  /// The first of that name, whatever its case; empty if there is none.
  std::string_view field_value(std::string_view name) const noexcept {
    for (const HeaderField& field : fields) {
      if (equals_ignoring_case(field.name, name)) return field.value;
    }
    return {};
  }
};

}  // namespace weft::http
