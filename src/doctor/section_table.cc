#include "doctor/section_table.h"

#include <optional>
#include <vector>

#include "doctor/text_scan.h"

namespace weft::doctor {
namespace {

constexpr std::size_t kMostSections = 100'000;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  Cursor at(line);
  while (words.size() < 32) {
    at.skip_blanks();
    const std::string_view word = at.word();
    if (word.empty()) break;
    words.push_back(word);
  }
  return words;
}

// Reads the table of readelf -S, wide (a line a section) or narrow (two: the size opens the second).
class ReadelfTable {
 public:
  explicit ReadelfTable(Binary& binary) : binary_(binary) {}

  void line(std::string_view line) {
    if (trim(line).starts_with("Section Headers:")) {
      inside_ = true;
    } else if (trim(line).starts_with("Key to Flags:")) {
      inside_ = false;
    } else if (inside_) {
      row(trim(line));
    }
  }

  std::size_t sections() const noexcept { return sections_; }

 private:
  void row(std::string_view line) {
    if (!line.starts_with('[')) {
      const std::vector<std::string_view> words = words_of(line);
      if (!name_.empty() && !words.empty()) add(words[0]);
      name_ = {};
      return;
    }
    const std::size_t bracket = line.find(']');
    if (bracket == std::string_view::npos || line.starts_with("[Nr]")) return;
    const std::vector<std::string_view> words = words_of(line.substr(bracket + 1));
    name_ = {};
    if (words.size() < 4 || words[0] == "NULL") return;
    name_ = words[0];
    type_ = words[1];
    if (words.size() >= 6) {
      add(words[4]);
      name_ = {};
    }
  }

  void add(std::string_view size) {
    const auto bytes = parse_integer(size, 16);
    if (!bytes || *bytes < 0 || ++sections_ > kMostSections) return;
    if (type_ == "NOBITS") return;
    binary_.section_bytes[std::string(name_)] += static_cast<double>(*bytes);
  }

  Binary& binary_;
  bool inside_ = false;
  std::string_view name_, type_;
  std::size_t sections_ = 0;
};

// "   text    data     bss     dec     hex filename", and the numbers below; or -A: "section  size  addr".
class SizeTable {
 public:
  explicit SizeTable(Binary& binary) : binary_(binary) {}

  void line(std::string_view line) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() >= 5 && words[0] == "text" && words[1] == "data" && words[2] == "bss") {
      berkeley_ = true;
    } else if (words.size() >= 3 && words[0] == "section" && words[1] == "size" && words[2] == "addr") {
      by_section_ = true;
    } else if (berkeley_ && words.size() >= 3) {
      berkeley_ = false;
      add("text", words[0]);
      add("data", words[1]);
    } else if (by_section_ && words.size() == 3 && words[0] != ".bss" && words[0] != ".tbss") {
      add(words[0], words[1]);
    } else if (words.size() == 2 && words[1] == "bytes") {
      const auto bytes = parse_integer(words[0]);
      if (bytes && *bytes > 0) file_bytes_ = static_cast<double>(*bytes);
    }
  }

  bool finish() {
    if (file_bytes_) binary_.file_bytes = file_bytes_;
    return rows_ > 0 || file_bytes_;
  }
  bool has_rows() const noexcept { return rows_ > 0; }
  bool lists_sections() const noexcept { return by_section_ && rows_ > 0; }

 private:
  void add(std::string_view name, std::string_view size) {
    const auto bytes = parse_integer(size);
    if (!bytes || *bytes < 0 || ++rows_ > kMostSections) return;
    binary_.section_bytes.insert_or_assign(std::string(name), static_cast<double>(*bytes));
  }

  Binary& binary_;
  bool berkeley_ = false, by_section_ = false;
  std::size_t rows_ = 0;
  std::optional<double> file_bytes_;
};

bool read_build_id(std::string_view text, Binary& binary) {
  constexpr std::string_view kWords = "Build ID: ";
  const std::size_t at = text.find(kWords);
  if (at == std::string_view::npos) return false;
  std::string_view id = text.substr(at + kWords.size());
  id = id.substr(0, id.find_first_not_of("0123456789abcdef"));
  if (id.empty() || id.size() > 512) return false;
  binary.build_id = std::string(id);
  return true;
}

}  // namespace

bool is_section_table(std::string_view text) {
  const std::string_view head = text.substr(0, 2000);
  if (head.find("Section Headers:") != std::string_view::npos) return true;
  if (head.find("Displaying notes found in") != std::string_view::npos) return true;
  Binary scratch;
  SizeTable sizes(scratch);
  for_each_line(head, [&](std::string_view line) { sizes.line(line); });
  // Of a longer text, "512 bytes" is a line among others.
  constexpr std::size_t kLongestBareSize = 200;
  return sizes.has_rows() || (sizes.finish() && text.size() <= kLongestBareSize);
}

bool read_section_table(std::string_view text, Binary& binary) {
  ReadelfTable table(binary);
  SizeTable sizes(binary);
  const bool readelf = text.find("Section Headers:") != std::string_view::npos;
  for_each_line(text, [&](std::string_view line) {
    if (readelf) {
      table.line(line);
    } else {
      sizes.line(line);
    }
  });
  if (table.sections() > 0 || sizes.lists_sections()) {
    binary.has_symbol_table = binary.section_bytes.contains(".symtab");
    binary.has_debug_info =
        binary.section_bytes.contains(".debug_info") || binary.section_bytes.contains(".zdebug_info");
  }
  const bool has_id = read_build_id(text, binary);
  return sizes.finish() || has_id || table.sections() > 0;
}

}  // namespace weft::doctor
