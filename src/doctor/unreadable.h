// doctor/unreadable.h: what a reader of the doctor's throws when it can't make sense of its input.
#pragma once

#include <stdexcept>

namespace weft::doctor {

/// Why, in words for the owner of the file. Becomes an entry of `Evidence::unread`.
struct Unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace weft::doctor
