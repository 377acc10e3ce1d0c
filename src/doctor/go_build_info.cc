// Go's .go.buildinfo: 32 bytes, `\xff Go buildinf:`, the size of a pointer, flags; then, by the flags, two pointers to
// Go strings, or, behind the 32 bytes, two strings with their lengths. See debug/buildinfo of Go's standard library.
#include "doctor/go_build_info.h"

#include <algorithm>

namespace weft::doctor {
namespace {

constexpr std::string_view kMagic = "\xff Go buildinf:";
constexpr std::size_t kHeaderBytes = 32;
constexpr std::size_t kAlignment = 16;
constexpr std::uint64_t kMostSearched = 64 << 20;
constexpr std::uint64_t kMostTextBytes = 16 << 20;

unsigned char byte_of(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

// From the magic to the end of its section or segment.
std::string_view find_magic(std::string_view bytes) {
  for (std::size_t at = bytes.find(kMagic); at != std::string_view::npos; at = bytes.find(kMagic, at + 1)) {
    if (at % kAlignment == 0 && bytes.size() - at >= kHeaderBytes) return bytes.substr(at);
  }
  return {};
}

std::string_view find_blob(const ElfImage& image) {
  if (const ElfSection* section = image.find(".go.buildinfo")) return find_magic(image.bytes_of(*section));
  const auto data = image.first_writable_segment();
  return data ? find_magic(image.bytes_at(data->first, std::min(data->second, kMostSearched))) : std::string_view();
}

// A length in groups of seven bits, the lowest first, and so many bytes.
std::optional<std::string_view> take_text(std::string_view& bytes) {
  std::uint64_t length = 0;
  std::size_t at = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (at == bytes.size() || shift > 56) return std::nullopt;
    const unsigned char group = byte_of(bytes, at++);
    length |= static_cast<std::uint64_t>(group & 0x7f) << shift;
    if (group < 0x80) break;
  }
  if (length > bytes.size() - at) return std::nullopt;
  const std::string_view text = bytes.substr(at, static_cast<std::size_t>(length));
  bytes.remove_prefix(at + static_cast<std::size_t>(length));
  return text;
}

std::uint64_t read_word(std::string_view bytes, std::size_t size, bool big_endian) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < size; ++i) {
    word = word << 8 | byte_of(bytes, big_endian ? i : size - 1 - i);
  }
  return word;
}

// The Go string at an address: where its bytes are, and how many.
std::string_view text_at(const ElfImage& image, std::uint64_t address, std::size_t word, bool big_endian) {
  const std::string_view header = image.bytes_at(address, 2 * word);
  if (header.size() < 2 * word) return {};
  const std::uint64_t length = read_word(header.substr(word), word, big_endian);
  if (length > kMostTextBytes) return {};
  const std::string_view text = image.bytes_at(read_word(header, word, big_endian), length);
  return text.size() == length ? text : std::string_view();
}

// Around the module text stand 16 bytes that mark it in memory.
std::string_view without_frame(std::string_view text) {
  if (text.size() < 33 || text[text.size() - 17] != '\n') return {};
  return text.substr(16, text.size() - 32);
}

}  // namespace

std::optional<GoBuildInfo> find_go_build_info(const ElfImage& image) {
  std::string_view blob = find_blob(image);
  if (blob.empty()) return std::nullopt;
  constexpr unsigned char kBigEndian = 1, kInPlace = 2;
  const std::size_t word = byte_of(blob, kMagic.size());
  const unsigned char flags = byte_of(blob, kMagic.size() + 1);
  std::string_view version, modules;
  if ((flags & kInPlace) != 0) {
    blob.remove_prefix(kHeaderBytes);
    version = take_text(blob).value_or("");
    if (!version.empty()) modules = take_text(blob).value_or("");
  } else if (word == 4 || word == 8) {
    const bool big_endian = (flags & kBigEndian) != 0;
    const std::string_view pointers = blob.substr(16);
    version = text_at(image, read_word(pointers, word, big_endian), word, big_endian);
    modules = text_at(image, read_word(pointers.substr(word), word, big_endian), word, big_endian);
  }
  if (version.empty() || version.size() > 1000) return std::nullopt;
  GoBuildInfo info;
  info.go_version = std::string(version);
  read_module_text(without_frame(modules), info);
  return info;
}

}  // namespace weft::doctor
