// doctor/binary_size.h: where the bytes of an ELF executable are, and what smaller builds of it would save.
//
// Sections come from the headers; what belongs to which package or namespace, from the symbol table: where it is gone,
// nothing is guessed. Compression is measured with zlib at its default level, on the sections themselves.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "doctor/elf_image.h"

namespace weft::doctor {

struct SizeOptions {
  std::string binary;
  bool json = false;
  std::size_t groups = 20;   // how many packages or namespaces are listed
  std::size_t symbols = 10;  // how many symbols
};

/// What a section is for.
enum class SectionRole { kCode, kConstants, kData, kDebugInfo, kSymbolTable, kGoTables, kUnwinding, kLinking, kOther };
SectionRole role_of(const ElfSection& section);
const char* role_text(SectionRole role) noexcept;

struct SizeGroup {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint64_t symbols = 0;
};

struct SizeReport {
  std::string path;
  std::string language;  // "Go", "C++", "C", "unknown"
  std::optional<std::string> go_version;
  std::optional<std::string> build_id;
  std::uint64_t file_bytes = 0;
  std::vector<ElfSection> sections;  // largest first
  std::vector<SizeGroup> roles;      // largest first
  std::vector<SizeGroup> groups;     // by package or namespace, largest first
  std::vector<SizeGroup> symbols;    // largest first
  std::string no_symbols;            // why groups and symbols are empty; empty: they are not
  std::uint64_t named_bytes = 0;     // of what is loaded, that symbols account for
  std::uint64_t nameable_bytes = 0;  // of what is loaded, in all

  std::uint64_t debug_bytes = 0;                       // as they stand in the file
  std::uint64_t symbol_table_bytes = 0;                // with its names
  std::optional<std::uint64_t> packed_debug_bytes;     // compressed section by section; absent: they are already
  std::optional<std::uint64_t> packed_file_bytes;      // as a download has it; absent: too large to measure
  std::optional<std::uint64_t> packed_stripped_bytes;  // the same without debug information and symbol table
  std::optional<std::uint64_t> build_path_bytes;       // of Go's line tables: the folder of Go's own sources
};

/// Errors: Unreadable, std::system_error.
SizeReport measure_size(const SizeOptions& options);

std::string size_text(const SizeReport& report);
std::string size_json(const SizeReport& report);

/// The command `weft size BINARY`. Returns its exit code: 0, or 2 when the file can't be read.
int run_size(const SizeOptions& options, std::ostream& out, std::ostream& err);

}  // namespace weft::doctor
