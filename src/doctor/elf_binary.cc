#include "doctor/elf_binary.h"

#include "doctor/go_build_info.h"

namespace weft::doctor {
namespace {

constexpr std::uint64_t kMostSearched = 256 << 20;

Binary describe(const ElfImage& image, std::string path) {
  Binary binary;
  binary.path = std::move(path);
  binary.file_bytes = static_cast<double>(image.file_bytes());
  binary.build_id = image.build_id();
  binary.has_symbol_table = false;
  binary.has_debug_info = false;
  for (const ElfSection& section : image.sections()) {
    if (section.name.empty() || section.file_bytes == 0) continue;
    binary.section_bytes[section.name] += static_cast<double>(section.file_bytes);
    if (section.name == ".symtab") binary.has_symbol_table = true;
    if (section.name == ".debug_info" || section.name == ".zdebug_info") binary.has_debug_info = true;
  }
  if (auto info = find_go_build_info(image)) {
    binary.go_version = std::move(info->go_version);
    binary.module = std::move(info->module);
    binary.settings = std::move(info->settings);
  } else if (is_go_program(image)) {
    binary.go_version = std::string(kUnknownGoVersion);
  }
  binary.is_weft = is_weft_program(image);
  return binary;
}

}  // namespace

bool is_weft_program(const ElfImage& image) {
  bool found = false;
  const auto look = [&](const ElfSymbol& symbol) {
    found = found || symbol.name == "weft_switch_context" || symbol.name.starts_with("_ZN4weft5sched");
  };
  image.for_each_symbol(".symtab", look);
  if (!found) image.for_each_symbol(".dynsym", look);
  if (found) return true;
  for (const std::string& library : image.needed_libraries()) {
    if (library.starts_with("libweft.so")) return true;
  }
  // The name of a type that weft throws, which its type information keeps.
  const ElfSection* constants = image.find(".rodata");
  if (constants == nullptr || constants->file_bytes > kMostSearched) return false;
  return image.bytes_of(*constants).find("N4weft11usage_errorE") != std::string_view::npos;
}

bool is_go_program(const ElfImage& image) {
  return image.find(".gopclntab") != nullptr || image.find(".note.go.buildid") != nullptr ||
         image.find(".go.buildinfo") != nullptr || image.find(".data.rel.ro.gopclntab") != nullptr;
}

Binary read_elf_binary(const std::filesystem::path& file) { return describe(ElfImage::open(file), file.string()); }

Binary read_elf_binary(std::string_view name, std::string_view bytes) {
  return describe(ElfImage::from_memory(bytes), std::string(name));
}

}  // namespace weft::doctor
