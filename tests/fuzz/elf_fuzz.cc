// Executables: headers, symbols, build information. Reading them is all that is done, nothing is run.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "doctor/elf_binary.h"
#include "doctor/symbol_group.h"
#include "doctor/unreadable.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    weft::doctor::read_elf_binary("fuzz", bytes);
    const weft::doctor::ElfImage image = weft::doctor::ElfImage::from_memory(bytes);
    image.for_each_symbol(".symtab", [](const weft::doctor::ElfSymbol& symbol) {
      weft::doctor::go_package_of(symbol.name);
      weft::doctor::cpp_namespace_of(symbol.name);
      weft::doctor::readable_symbol(symbol.name);
    });
  } catch (const weft::doctor::Unreadable&) {
    return 0;
  }
  return 0;
}
