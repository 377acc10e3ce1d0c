#include "doctor/elf_image.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <system_error>

#include "doctor/unreadable.h"

namespace weft::doctor {
namespace {

constexpr std::size_t kMostSections = 100'000;
constexpr std::size_t kMostSegments = 65'536;
constexpr std::uint64_t kMostSymbols = 20'000'000;
constexpr std::size_t kMostNeeded = 4096;

void need_libelf() {
  if (::elf_version(EV_CURRENT) == EV_NONE) throw Unreadable("libelf is too old");
}

std::uint64_t size_of_file(int fd) {
  const off_t end = ::lseek(fd, 0, SEEK_END);
  return end < 0 ? 0 : static_cast<std::uint64_t>(end);
}

bool inside(std::uint64_t offset, std::uint64_t bytes, std::uint64_t whole) noexcept {
  return offset <= whole && bytes <= whole - offset;
}

}  // namespace

struct ElfImage::State {
  State(int fd, Elf* elf, std::uint64_t bytes) : descriptor(fd), handle(elf), file_bytes(bytes) {}
  ~State() {
    ::elf_end(handle);
    if (descriptor >= 0) ::close(descriptor);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void check_kind() const {
    if (handle == nullptr || ::elf_kind(handle) != ELF_K_ELF) throw Unreadable("no ELF file, or one without a header");
    GElf_Ehdr header;
    if (::gelf_getehdr(handle, &header) == nullptr) throw Unreadable(std::string("damaged ELF: ") + ::elf_errmsg(-1));
  }

  // libelf takes a table that lies outside of the file for none; then nothing but the sections would seem to be gone.
  void refuse_lost_sections() const {
    GElf_Ehdr header;
    if (::gelf_getehdr(handle, &header) == nullptr || header.e_shoff == 0) return;
    std::size_t count = 0;
    if (::elf_getshdrnum(handle, &count) == 0 && count > 0) return;
    throw Unreadable("damaged ELF: its section table is not within the file, which may be cut off");
  }

  void read_sections() {
    refuse_lost_sections();
    std::size_t names = 0;
    if (::elf_getshdrstrndx(handle, &names) != 0) throw Unreadable("damaged ELF: no section names");
    Elf_Scn* section = nullptr;
    while ((section = ::elf_nextscn(handle, section)) != nullptr) {
      GElf_Shdr header;
      if (::gelf_getshdr(section, &header) == nullptr) continue;
      if (sections.size() == kMostSections) throw Unreadable("damaged ELF: too many sections");
      sections.push_back(describe(section, header, names));
    }
  }

  ElfSection describe(Elf_Scn* section, const GElf_Shdr& header, std::size_t names) const {
    ElfSection described;
    const char* name = ::elf_strptr(handle, names, header.sh_name);
    if (name != nullptr) described.name = name;
    described.address = header.sh_addr;
    described.offset = header.sh_offset;
    described.bytes = header.sh_size;
    described.flags = header.sh_flags;
    described.type = header.sh_type;
    described.link = header.sh_link;
    described.index = ::elf_ndxscn(section);
    const bool has_bytes = header.sh_type != SHT_NOBITS && header.sh_type != SHT_NULL;
    if (has_bytes && inside(header.sh_offset, header.sh_size, file_bytes)) described.file_bytes = header.sh_size;
    GElf_Chdr packed;
    if ((header.sh_flags & SHF_COMPRESSED) != 0 && ::gelf_getchdr(section, &packed) != nullptr) {
      described.unpacked_bytes = packed.ch_size;
    }
    return described;
  }

  template <class Use>  // until it returns true
  void for_each_segment(Use&& use) const {
    std::size_t count = 0;
    if (::elf_getphdrnum(handle, &count) != 0) return;
    for (std::size_t i = 0; i < std::min(count, kMostSegments); ++i) {
      GElf_Phdr segment;
      if (::gelf_getphdr(handle, static_cast<int>(i), &segment) == nullptr) return;
      if (segment.p_type == PT_LOAD && inside(segment.p_offset, segment.p_filesz, file_bytes) && use(segment)) return;
    }
  }

  std::string_view chunk(std::uint64_t offset, std::uint64_t bytes) const {
    if (bytes == 0 || !inside(offset, bytes, file_bytes)) return {};
    const Elf_Data* data =
        ::elf_getdata_rawchunk(handle, static_cast<std::int64_t>(offset), static_cast<std::size_t>(bytes), ELF_T_BYTE);
    if (data == nullptr || data->d_buf == nullptr) return {};
    return {static_cast<const char*>(data->d_buf), data->d_size};
  }

  int descriptor;
  Elf* handle;
  std::uint64_t file_bytes;
  std::vector<ElfSection> sections;
};

ElfImage::ElfImage(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->check_kind();
  state_->read_sections();
}
ElfImage::~ElfImage() = default;
ElfImage::ElfImage(ElfImage&&) noexcept = default;

ElfImage ElfImage::open(const std::filesystem::path& file) {
  need_libelf();
  // A pipe would wait for its writer.
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), file.string());
  struct stat status{};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    throw Unreadable(S_ISDIR(status.st_mode) ? "a folder" : "not a regular file");
  }
  // Read, not mapped: a file that shrinks meanwhile is then an error, not a signal.
  return ElfImage(std::make_unique<State>(fd, ::elf_begin(fd, ELF_C_READ, nullptr), size_of_file(fd)));
}

ElfImage ElfImage::from_memory(std::string_view bytes) {
  need_libelf();
  if (bytes.empty()) throw Unreadable("no ELF file: empty");
  // libelf takes a pointer to writable bytes for those who update a file; this one is only read.
  return ElfImage(
      std::make_unique<State>(-1, ::elf_memory(const_cast<char*>(bytes.data()), bytes.size()), bytes.size()));
}

std::uint64_t ElfImage::file_bytes() const noexcept { return state_->file_bytes; }
const std::vector<ElfSection>& ElfImage::sections() const noexcept { return state_->sections; }

const ElfSection* ElfImage::find(std::string_view name) const noexcept {
  const auto found = std::find_if(state_->sections.begin(), state_->sections.end(),
                                  [&](const ElfSection& section) { return section.name == name; });
  return found == state_->sections.end() ? nullptr : &*found;
}

std::string_view ElfImage::bytes_of(const ElfSection& section) const {
  return section.file_bytes == 0 ? std::string_view() : state_->chunk(section.offset, section.file_bytes);
}

std::string_view ElfImage::bytes_at(std::uint64_t address, std::uint64_t most) const {
  std::string_view bytes;
  state_->for_each_segment([&](const GElf_Phdr& segment) {
    if (address < segment.p_vaddr || address - segment.p_vaddr >= segment.p_filesz) return false;
    const std::uint64_t skipped = address - segment.p_vaddr;
    bytes = state_->chunk(segment.p_offset + skipped, std::min(most, segment.p_filesz - skipped));
    return true;
  });
  return bytes;
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> ElfImage::first_writable_segment() const {
  std::optional<std::pair<std::uint64_t, std::uint64_t>> found;
  state_->for_each_segment([&](const GElf_Phdr& segment) {
    if ((segment.p_flags & (PF_X | PF_W)) != PF_W || segment.p_filesz == 0) return false;
    found.emplace(segment.p_vaddr, segment.p_filesz);
    return true;
  });
  return found;
}

bool ElfImage::for_each_symbol(std::string_view name, const std::function<void(const ElfSymbol&)>& use) const {
  const ElfSection* table = find(name);
  if (table == nullptr || (table->type != SHT_SYMTAB && table->type != SHT_DYNSYM) || table->file_bytes == 0) {
    return false;
  }
  Elf_Data* data = ::elf_getdata(::elf_getscn(state_->handle, table->index), nullptr);
  const std::size_t entry = ::gelf_fsize(state_->handle, ELF_T_SYM, 1, EV_CURRENT);
  if (data == nullptr || entry == 0) return false;
  const std::uint64_t count = std::min<std::uint64_t>(data->d_size / entry, kMostSymbols);
  for (std::uint64_t i = 1; i < count; ++i) {
    GElf_Sym symbol;
    if (::gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
    const char* text = ::elf_strptr(state_->handle, table->link, symbol.st_name);
    const unsigned char type = GELF_ST_TYPE(symbol.st_info);
    use({text == nullptr ? std::string_view() : std::string_view(text), symbol.st_value, symbol.st_size,
         symbol.st_shndx, type == STT_FUNC || type == STT_GNU_IFUNC, type == STT_OBJECT});
  }
  return true;
}

std::vector<std::string> ElfImage::needed_libraries() const {
  std::vector<std::string> names;
  const ElfSection* dynamic = find(".dynamic");
  if (dynamic == nullptr || dynamic->type != SHT_DYNAMIC || dynamic->file_bytes == 0) return names;
  Elf_Data* data = ::elf_getdata(::elf_getscn(state_->handle, dynamic->index), nullptr);
  GElf_Dyn entry;
  for (int i = 0; data != nullptr && names.size() < kMostNeeded && ::gelf_getdyn(data, i, &entry) != nullptr; ++i) {
    if (entry.d_tag == DT_NULL) break;
    const char* name =
        entry.d_tag == DT_NEEDED ? ::elf_strptr(state_->handle, dynamic->link, entry.d_un.d_val) : nullptr;
    if (name != nullptr) names.emplace_back(name);
  }
  return names;
}

std::optional<std::string> ElfImage::build_id() const {
  constexpr char kDigits[] = "0123456789abcdef";
  constexpr ssize_t kMostBytes = 256;
  const void* raw = nullptr;
  const ssize_t size = ::dwelf_elf_gnu_build_id(state_->handle, &raw);
  if (size <= 0 || size > kMostBytes) return std::nullopt;
  std::string text;
  for (ssize_t i = 0; i < size; ++i) {
    const unsigned char byte = static_cast<const unsigned char*>(raw)[i];
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace weft::doctor
