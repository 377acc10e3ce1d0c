// What a file is, by its name.
#pragma once

#include <string_view>

namespace weft::http {

/// The Content-Type by the extension, whatever its case; "application/octet-stream" for one that is not known.
std::string_view media_type(std::string_view file_name) noexcept;

}  // namespace weft::http
