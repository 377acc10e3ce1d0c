// A folder out of which no name leads.
#pragma once

#include <string>
#include <system_error>

#include "weft/os/file.h"

namespace weft::http {

class Folder {
 public:
  /// Errors: std::system_error.
  explicit Folder(const std::string& path);
  /// What is there of that name, to read; also a folder. Errors: errno's; EXDEV for what leads out; EAGAIN where
  /// somebody has a lease on it, or names on the way are being changed.
  os::File open(const std::string& name, std::error_code& ec) const noexcept;

 private:
  os::File folder_;
};

}  // namespace weft::http
