// doctor/elf_test_support.h: makes small ELF files for tests: sections, symbols, one writable segment.
#pragma once

#include <elf.h>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace weft::doctor {

class TestElf {
 public:
  static constexpr std::uint64_t kAddress = 0x400000;  // of the file's first byte, in one writable segment

  TestElf() { add_section("", SHT_NULL, "", 0); }

  /// Returns the section's index.
  std::uint16_t add_section(const std::string& name, std::uint32_t type, std::string_view bytes, std::uint64_t flags,
                            std::uint32_t link = 0) {
    sections_.push_back({name, type, std::string(bytes), flags, link, names_.size()});
    names_ += name + '\0';
    return static_cast<std::uint16_t>(sections_.size() - 1);
  }

  void add_symbol(const std::string& name, std::uint16_t section, std::uint64_t value, std::uint64_t size) {
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<Elf64_Word>(symbol_names_.size());
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol.st_shndx = section;
    symbol.st_value = value;
    symbol.st_size = size;
    symbols_.append(reinterpret_cast<const char*>(&symbol), sizeof symbol);
    symbol_names_ += name + '\0';
  }

  /// Where the next section's bytes will be in memory.
  std::uint64_t next_address() const { return kAddress + next_offset(); }

  std::string file() {
    if (symbols_.size() > sizeof(Elf64_Sym)) {
      add_section(".symtab", SHT_SYMTAB, symbols_, 0, static_cast<std::uint32_t>(sections_.size() + 1));
      add_section(".strtab", SHT_STRTAB, symbol_names_, 0);
    }
    const auto names = add_section(".shstrtab", SHT_STRTAB, names_ + ".shstrtab" + '\0', 0);
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_phoff = sizeof header;
    header.e_shoff = next_offset();
    header.e_ehsize = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 1;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<Elf64_Half>(sections_.size());
    header.e_shstrndx = names;
    Elf64_Phdr segment{};
    segment.p_type = PT_LOAD;
    segment.p_flags = PF_R | PF_W;
    segment.p_vaddr = kAddress;
    segment.p_filesz = segment.p_memsz = next_offset();
    std::string file = raw(header) + raw(segment), table;
    for (const Section& section : sections_) {
      table += raw(describe(section, file.size()));
      if (section.type != SHT_NOBITS) file += padded(section.bytes);
    }
    return file + table;
  }

 private:
  struct Section {
    std::string name;
    std::uint32_t type;
    std::string bytes;
    std::uint64_t flags;
    std::uint32_t link;
    std::size_t name_at;
  };

  static std::string padded(std::string bytes) {
    bytes.resize((bytes.size() + 15) / 16 * 16);
    return bytes;
  }
  template <class Record>
  static std::string raw(const Record& record) {
    return {reinterpret_cast<const char*>(&record), sizeof record};
  }
  std::uint64_t next_offset() const {
    std::uint64_t offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
    for (const Section& section : sections_) {
      if (section.type != SHT_NOBITS) offset += padded(section.bytes).size();
    }
    return offset;
  }
  static Elf64_Shdr describe(const Section& section, std::size_t offset) {
    Elf64_Shdr header{};
    header.sh_name = static_cast<Elf64_Word>(section.name_at);
    header.sh_type = section.type;
    header.sh_flags = section.flags;
    header.sh_addr = (section.flags & SHF_ALLOC) != 0 ? kAddress + offset : 0;
    header.sh_offset = offset;
    header.sh_size = section.bytes.size();
    header.sh_link = section.link;
    header.sh_addralign = 1;
    header.sh_entsize = section.type == SHT_SYMTAB ? sizeof(Elf64_Sym) : 0;
    return header;
  }

  std::vector<Section> sections_;
  std::string names_;
  std::string symbols_ = std::string(sizeof(Elf64_Sym), '\0');
  std::string symbol_names_ = std::string(1, '\0');
};

}  // namespace weft::doctor
