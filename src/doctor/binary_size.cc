#include "doctor/binary_size.h"

#include <elf.h>
#include <algorithm>
#include <fstream>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "doctor/elf_binary.h"
#include "doctor/go_build_info.h"
#include "doctor/packed_size.h"
#include "doctor/symbol_group.h"

namespace weft::doctor {
namespace {

constexpr std::uint64_t kMostPacked = std::uint64_t{1} << 30;  // half a minute of zlib

bool is_debug(const ElfSection& section) { return role_of(section) == SectionRole::kDebugInfo; }

bool is_stripped_away(const ElfSection& section) {
  return is_debug(section) || role_of(section) == SectionRole::kSymbolTable;
}

template <class Map>
std::vector<SizeGroup> largest_first(Map&& groups, std::size_t most) {
  std::vector<SizeGroup> sorted;
  for (auto& [name, group] : groups) {
    sorted.push_back(std::move(group));
    sorted.back().name = name;
  }
  std::sort(sorted.begin(), sorted.end(), [](const SizeGroup& a, const SizeGroup& b) {
    return std::pair(b.bytes, std::string_view(a.name)) < std::pair(a.bytes, std::string_view(b.name));
  });
  if (sorted.size() > most) sorted.resize(most);
  return sorted;
}

void measure_sections(const ElfImage& image, SizeReport& report) {
  std::map<std::string, SizeGroup> roles;
  std::uint64_t in_sections = 0;
  for (const ElfSection& section : image.sections()) {
    if (section.file_bytes == 0) continue;
    report.sections.push_back(section);
    SizeGroup& role = roles[role_text(role_of(section))];
    role.bytes += section.file_bytes;
    ++role.symbols;
    in_sections += section.file_bytes;
    if (is_debug(section)) report.debug_bytes += section.file_bytes;
    if (role_of(section) == SectionRole::kSymbolTable) report.symbol_table_bytes += section.file_bytes;
  }
  if (report.file_bytes > in_sections) roles["headers and gaps"].bytes = report.file_bytes - in_sections;
  report.roles = largest_first(roles, roles.size());
  std::sort(report.sections.begin(), report.sections.end(), [](const ElfSection& a, const ElfSection& b) {
    return std::pair(b.file_bytes, a.index) < std::pair(a.file_bytes, b.index);
  });
}

// Symbols may be aliases: two names of one place count once.
class SymbolSizes {
 public:
  SymbolSizes(const ElfImage& image, bool go) : go_(go) {
    for (const ElfSection& section : image.sections()) {
      const bool nameable = section.file_bytes > 0 && (section.flags & SHF_ALLOC) != 0;
      if (nameable) sizes_.emplace(static_cast<std::uint32_t>(section.index), section.file_bytes);
    }
  }

  void add(const ElfSymbol& symbol) {
    if (symbol.name.starts_with("_Z")) cpp_ = true;
    if (symbol.bytes == 0 || symbol.name.empty()) return;
    const auto section = sizes_.find(symbol.section);
    if (section == sizes_.end() || symbol.bytes > section->second) return;
    places_.push_back(symbol);
  }

  void finish(const SizeOptions& options, SizeReport& report) {
    std::sort(places_.begin(), places_.end(), [](const ElfSymbol& a, const ElfSymbol& b) {
      return std::tuple(a.section, a.address, b.bytes, a.name) < std::tuple(b.section, b.address, a.bytes, b.name);
    });
    const ElfSymbol* last = nullptr;
    std::vector<const ElfSymbol*> kept;
    for (const ElfSymbol& symbol : places_) {
      const bool inside_last =
          last != nullptr && last->section == symbol.section && symbol.address - last->address < last->bytes;
      if (inside_last) continue;
      last = &symbol;
      kept.push_back(&symbol);
      SizeGroup& group = groups_[go_ ? go_package_of(symbol.name) : cpp_namespace_of(symbol.name)];
      group.bytes += symbol.bytes;
      ++group.symbols;
      report.named_bytes += symbol.bytes;
    }
    report.groups = largest_first(groups_, options.groups);
    list_largest(kept, options.symbols, report);
  }

  bool any() const noexcept { return !places_.empty(); }
  bool cpp() const noexcept { return cpp_; }

 private:
  static void list_largest(std::vector<const ElfSymbol*>& kept, std::size_t most, SizeReport& report) {
    const auto end = kept.begin() + static_cast<std::ptrdiff_t>(std::min(most, kept.size()));
    std::partial_sort(kept.begin(), end, kept.end(), [](const ElfSymbol* a, const ElfSymbol* b) {
      return std::pair(b->bytes, a->name) < std::pair(a->bytes, b->name);
    });
    for (auto at = kept.begin(); at != end; ++at) {
      report.symbols.push_back({readable_symbol((*at)->name), (*at)->bytes, 1});
    }
  }

  bool go_;
  bool cpp_ = false;
  std::unordered_map<std::uint32_t, std::uint64_t> sizes_;
  std::vector<ElfSymbol> places_;
  std::unordered_map<std::string, SizeGroup> groups_;
};

void measure_symbols(const ElfImage& image, const SizeOptions& options, SizeReport& report) {
  const bool go = is_go_program(image);
  SymbolSizes sizes(image, go);
  const bool table = image.for_each_symbol(".symtab", [&](const ElfSymbol& symbol) { sizes.add(symbol); });
  report.language = go ? "Go" : sizes.cpp() ? "C++" : sizes.any() ? "C" : "unknown";
  for (const ElfSection& section : image.sections()) {
    if (section.file_bytes > 0 && (section.flags & SHF_ALLOC) != 0) report.nameable_bytes += section.file_bytes;
  }
  if (!table) {
    report.no_symbols = "the symbol table is gone (strip, or -s): no byte can be given to a package or namespace";
  } else if (!sizes.any()) {
    report.no_symbols = "the symbol table names no code and no data";
  } else {
    sizes.finish(options, report);
  }
}

void measure_packed_debug(const ElfImage& image, SizeReport& report) {
  if (report.debug_bytes == 0) return;
  std::uint64_t packed = 0;
  bool any_plain = false;
  for (const ElfSection& section : image.sections()) {
    if (!is_debug(section)) continue;
    const bool compressed = section.unpacked_bytes || section.name.starts_with(".zdebug");
    any_plain = any_plain || (!compressed && section.file_bytes > 0);
    if (compressed) {
      packed += section.file_bytes;
      continue;
    }
    PackedSize size;
    size.add(image.bytes_of(section));
    packed += std::min(section.file_bytes, size.finish() + sizeof(Elf64_Chdr));  // what gains nothing stays as it is
  }
  if (any_plain) report.packed_debug_bytes = packed;
}

void measure_packed_file(const ElfImage& image, const std::string& path, SizeReport& report) {
  if (report.file_bytes > kMostPacked) return;
  std::ifstream in(path, std::ios::binary);
  std::vector<char> part(1 << 20);
  PackedSize whole;
  while (in.read(part.data(), static_cast<std::streamsize>(part.size())) || in.gcount() > 0) {
    whole.add({part.data(), static_cast<std::size_t>(in.gcount())});
  }
  report.packed_file_bytes = whole.finish();
  if (report.debug_bytes + report.symbol_table_bytes == 0) return;
  PackedSize stripped;
  for (const ElfSection& section : image.sections()) {
    if (!is_stripped_away(section)) stripped.add(image.bytes_of(section));
  }
  report.packed_stripped_bytes = stripped.finish();
}

// The line tables name each file of Go's own sources by its whole path; -trimpath leaves the folder out.
void measure_build_paths(const ElfImage& image, SizeReport& report) {
  const ElfSection* table = image.find(".gopclntab");
  if (table == nullptr) table = image.find(".data.rel.ro.gopclntab");
  if (table == nullptr) return;
  const std::string_view bytes = image.bytes_of(*table);
  constexpr std::string_view kKnownFile = "/src/runtime/proc.go";
  const std::size_t known = bytes.find(std::string(kKnownFile) + '\0');
  if (known == std::string_view::npos) return;
  const std::size_t begin = bytes.rfind('\0', known) + 1;
  const std::string folder = std::string(1, '\0') + std::string(bytes.substr(begin, known - begin)) + "/src/";
  if (folder[1] != '/') return;
  std::uint64_t paths = 0;
  for (std::size_t at = bytes.find(folder); at != std::string_view::npos; at = bytes.find(folder, at + 1)) ++paths;
  report.build_path_bytes = paths * (folder.size() - 1);
}

}  // namespace

SectionRole role_of(const ElfSection& section) {
  const std::string_view name = section.name;
  if (name.starts_with(".debug_") || name.starts_with(".zdebug_") || name == ".gdb_index") {
    return SectionRole::kDebugInfo;
  }
  if (name == ".symtab" || name == ".strtab" || name == ".symtab_shndx") return SectionRole::kSymbolTable;
  if (name.ends_with(".gopclntab") || name.ends_with(".gosymtab") || name.starts_with(".go.") ||
      name.ends_with(".typelink") || name.ends_with(".itablink")) {
    return SectionRole::kGoTables;
  }
  if (name.starts_with(".eh_frame") || name == ".gcc_except_table" || name.starts_with(".ARM.ex")) {
    return SectionRole::kUnwinding;
  }
  const bool linking = section.type == SHT_DYNSYM || section.type == SHT_DYNAMIC || section.type == SHT_RELA ||
                       section.type == SHT_REL || section.type == SHT_HASH || section.type == SHT_GNU_HASH ||
                       section.type == SHT_GNU_versym || section.type == SHT_GNU_verneed || name == ".dynstr" ||
                       name == ".interp" || name.starts_with(".got") || name.starts_with(".plt");
  if (linking) return SectionRole::kLinking;
  if ((section.flags & SHF_ALLOC) == 0) return SectionRole::kOther;
  if ((section.flags & SHF_EXECINSTR) != 0) return SectionRole::kCode;
  return (section.flags & SHF_WRITE) != 0 ? SectionRole::kData : SectionRole::kConstants;
}

const char* role_text(SectionRole role) noexcept {
  switch (role) {
    case SectionRole::kCode:
      return "code";
    case SectionRole::kConstants:
      return "constants";
    case SectionRole::kData:
      return "data";
    case SectionRole::kDebugInfo:
      return "debug information";
    case SectionRole::kSymbolTable:
      return "symbol table";
    case SectionRole::kGoTables:
      return "Go's tables";
    case SectionRole::kUnwinding:
      return "unwinding";
    case SectionRole::kLinking:
      return "dynamic linking";
    case SectionRole::kOther:
      break;
  }
  return "other";
}

SizeReport measure_size(const SizeOptions& options) {
  const ElfImage image = ElfImage::open(options.binary);
  SizeReport report;
  report.path = options.binary;
  report.file_bytes = image.file_bytes();
  report.build_id = image.build_id();
  if (const auto info = find_go_build_info(image)) report.go_version = info->go_version;
  measure_sections(image, report);
  measure_symbols(image, options, report);
  measure_packed_debug(image, report);
  measure_packed_file(image, options.binary, report);
  measure_build_paths(image, report);
  return report;
}

}  // namespace weft::doctor
