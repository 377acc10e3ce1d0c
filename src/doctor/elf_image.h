// doctor/elf_image.h: what the doctor looks at in an ELF file: sections, symbols, bytes by address. By libelf.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct Elf;

namespace weft::doctor {

struct ElfSection {
  std::string name;
  std::uint64_t address = 0, offset = 0;
  std::uint64_t bytes = 0;       // as the header says
  std::uint64_t file_bytes = 0;  // 0 for .bss and its like
  std::uint64_t flags = 0;
  std::uint32_t type = 0;
  std::uint32_t link = 0;
  std::optional<std::uint64_t> unpacked_bytes;  // of a compressed section
  std::size_t index = 0;
};

struct ElfSymbol {
  std::string_view name;  // as the linker knows it; alive as long as the image
  std::uint64_t address = 0, bytes = 0;
  std::uint32_t section = 0;  // index; 0: of another file
  bool function = false, object = false;
};

/// Read-only. Every size and offset has been checked against the file.
class ElfImage {
 public:
  /// Errors: Unreadable, when the file is no ELF file or damaged; std::system_error, when it can't be opened.
  static ElfImage open(const std::filesystem::path& file);
  /// `bytes` must outlive the image. Errors: Unreadable.
  static ElfImage from_memory(std::string_view bytes);
  ~ElfImage();
  ElfImage(ElfImage&&) noexcept;
  ElfImage& operator=(ElfImage&&) = delete;

  std::uint64_t file_bytes() const noexcept;
  const std::vector<ElfSection>& sections() const noexcept;
  const ElfSection* find(std::string_view section) const noexcept;  // the first of that name; nullptr: none

  /// The section's bytes in the file, as they are there; empty where it has none.
  std::string_view bytes_of(const ElfSection& section) const;
  /// Up to `most` bytes from an address as the program sees it; fewer where its segment's bytes in the file end.
  std::string_view bytes_at(std::uint64_t address, std::uint64_t most) const;
  /// Where the first writable segment with bytes begins, and its size in the file: old Go puts its data there.
  std::optional<std::pair<std::uint64_t, std::uint64_t>> first_writable_segment() const;

  /// Calls `use` for each symbol of the section ".symtab" or ".dynsym". False: there is no such section.
  bool for_each_symbol(std::string_view section, const std::function<void(const ElfSymbol&)>& use) const;
  /// The shared libraries it asks for.
  std::vector<std::string> needed_libraries() const;
  /// The GNU build id in hexadecimal.
  std::optional<std::string> build_id() const;

 private:
  struct State;
  explicit ElfImage(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weft::doctor
