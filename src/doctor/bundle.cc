#include "doctor/bundle.h"

#include <fmt/format.h>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>
#include <vector>

#include "doctor/content.h"
#include "doctor/elf_binary.h"
#include "doctor/unreadable.h"

namespace weft::doctor {
namespace {

constexpr std::size_t kMostFileBytes = std::size_t{256} << 20;
constexpr std::size_t kMostFiles = 10'000;  // of a folder

// The beginning of a file, so much of it as is read at all.
std::string read_start(const std::filesystem::path& file, std::size_t most) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rbe"), &std::fclose);
  if (in == nullptr) throw std::system_error(errno, std::generic_category(), file.string());
  std::string bytes;
  char part[65536];
  std::size_t got = 0;
  while (bytes.size() < most && (got = std::fread(part, 1, std::min(sizeof part, most - bytes.size()), in.get())) > 0) {
    bytes.append(part, got);
  }
  if (std::ferror(in.get()) != 0) throw std::system_error(errno, std::generic_category(), file.string());
  return bytes;
}

// An executable is looked up in, not read through: it may be larger than anything else here.
void add_elf_file(Evidence& evidence, const std::filesystem::path& file) {
  try {
    add_binary(evidence, file.string(), read_elf_binary(file));
  } catch (const Unreadable& error) {
    evidence.unread.push_back(file.filename().string() + ": " + error.what());
  }
}

}  // namespace

void add_file(Evidence& evidence, const std::filesystem::path& file) {
  // A pipe would wait for its writer.
  std::error_code unknown;  // then opening it says why
  const std::filesystem::file_status status = std::filesystem::status(file, unknown);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw std::system_error(std::make_error_code(std::errc::invalid_argument), file.string() + ": not a regular file");
  }
  if (read_start(file, 4) ==
      "\x7f"
      "ELF") {
    add_elf_file(evidence, file);
    return;
  }
  const std::string bytes = read_start(file, kMostFileBytes);
  const std::string name = file.filename().string();
  if (bytes.size() == kMostFileBytes) {
    evidence.unread.push_back(fmt::format("{}: only its first {} MiB were read", name, kMostFileBytes >> 20));
  }
  add_content(evidence, name, bytes);
}

void add_folder(Evidence& evidence, const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  std::filesystem::directory_iterator entries(folder, failed);
  if (failed) throw std::system_error(failed, folder.string());
  for (const std::filesystem::directory_entry& entry : entries) {
    std::error_code ignored;
    if (entry.is_regular_file(ignored)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.size() > kMostFiles) {
    evidence.unread.push_back(fmt::format("{}: {} files, of which the first {} were read", folder.filename().string(),
                                          files.size(), kMostFiles));
    files.resize(kMostFiles);
  }
  for (const std::filesystem::path& file : files) {
    try {
      add_file(evidence, file);
    } catch (const std::system_error& error) {
      evidence.unread.push_back(file.filename().string() + ": " + error.code().message());
    }
  }
}

}  // namespace weft::doctor
