// doctor/elf_binary.h: what an executable says of itself, as evidence.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "doctor/elf_image.h"
#include "doctor/evidence.h"

namespace weft::doctor {

/// The version of a Go program that does not say which.
inline constexpr std::string_view kUnknownGoVersion = "unknown";

/// Of a file that may be large: reads only what it needs. Errors: Unreadable, std::system_error.
Binary read_elf_binary(const std::filesystem::path& file);
/// The same of bytes; `name` becomes the path. Errors: Unreadable.
Binary read_elf_binary(std::string_view name, std::string_view bytes);

/// True if the program runs on weft: by its symbols, its libraries or, where it is stripped, weft's type names.
bool is_weft_program(const ElfImage& image);
/// True if Go's linker made it, whether or not its build information can be read.
bool is_go_program(const ElfImage& image);

}  // namespace weft::doctor
