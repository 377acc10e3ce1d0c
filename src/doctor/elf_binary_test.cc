// Executables: both forms of Go's build information, weft's marks, damage; and what binutils print.
#include "doctor/elf_binary.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <random>

#include "doctor/elf_test_support.h"
#include "doctor/go_build_info.h"
#include "doctor/recorded_test_support.h"
#include "doctor/section_table.h"
#include "doctor/unreadable.h"

namespace weft::doctor {
namespace {

using namespace std::string_literals;

const std::string kModules =
    std::string(16, 'a') +
    "path\tscen/s13\nmod\tscen\t(devel)\t\nbuild\t-trimpath=true\nbuild\t-ldflags=\"-s -w -X \\\"a=b\\\"\"\n"
    "build\tCGO_ENABLED=1\n" +
    std::string(16, 'b');

std::string text_in_place(const std::string& text) {
  std::string bytes;
  std::size_t length = text.size();
  for (; length >= 0x80; length >>= 7) bytes += static_cast<char>((length & 0x7f) | 0x80);
  return bytes + static_cast<char>(length) + text;
}

std::string in_place_blob(const std::string& version, const std::string& modules) {
  return "\xff Go buildinf:\x08\x02"s + std::string(16, '\0') + text_in_place(version) + text_in_place(modules);
}

std::string word(std::uint64_t value) { return {reinterpret_cast<const char*>(&value), sizeof value}; }

TEST(ElfBinary, ReadsBuildInformationInPlace) {
  TestElf elf;
  elf.add_section(".go.buildinfo", SHT_PROGBITS, in_place_blob("go1.27.4", kModules), SHF_ALLOC | SHF_WRITE);
  elf.add_section(".gopclntab", SHT_PROGBITS, "xxxx", SHF_ALLOC);
  const std::string file = elf.file();
  const Binary binary = read_elf_binary("app", file);
  EXPECT_EQ(binary.go_version, "go1.27.4");
  EXPECT_EQ(binary.module, "scen");
  EXPECT_EQ(binary.settings.at("-trimpath"), "true");
  EXPECT_EQ(binary.settings.at("-ldflags"), "-s -w -X \"a=b\"");
  EXPECT_EQ(binary.settings.at("CGO_ENABLED"), "1");
  EXPECT_EQ(binary.has_symbol_table, false);
  EXPECT_EQ(binary.has_debug_info, false);
  EXPECT_EQ(binary.file_bytes, static_cast<double>(file.size()));
  EXPECT_EQ(binary.section_bytes.at(".gopclntab"), 4);
  EXPECT_FALSE(binary.is_weft);
}

// Before Go 1.18: pointers to string headers, in the first writable segment, without a section of its own.
TEST(ElfBinary, ReadsBuildInformationBehindPointers) {
  TestElf elf;
  const std::string version = "go1.16.3";
  const std::uint64_t texts = elf.next_address();
  elf.add_section(".data", SHT_PROGBITS, version + kModules, SHF_ALLOC | SHF_WRITE);
  const std::uint64_t headers = elf.next_address();
  elf.add_section(".more", SHT_PROGBITS,
                  word(texts) + word(version.size()) + word(texts + version.size()) + word(kModules.size()), SHF_ALLOC);
  // 16 bytes of padding, should the magic not fall on its boundary in the segment.
  const std::string blob = "\xff Go buildinf:\x08"s + '\0' + word(headers) + word(headers + 16);
  elf.add_section(".blob", SHT_PROGBITS, std::string((16 - elf.next_address() % 16) % 16, '\0') + blob, SHF_ALLOC);
  const Binary binary = read_elf_binary("old", elf.file());
  EXPECT_EQ(binary.go_version, "go1.16.3");
  EXPECT_EQ(binary.module, "scen");
  EXPECT_EQ(binary.settings.at("CGO_ENABLED"), "1");
}

TEST(ElfBinary, AGoProgramWithoutBuildInformationIsStillOne) {
  TestElf elf;
  elf.add_section(".go.buildinfo", SHT_PROGBITS, "\xff Go buildinf:\x08\x02"s, SHF_ALLOC);
  EXPECT_EQ(read_elf_binary("x", elf.file()).go_version, "unknown");
  TestElf plain;
  EXPECT_FALSE(read_elf_binary("x", plain.file()).go_version);
}

TEST(ElfBinary, RejectsAVersionLongerThanItsSection) {
  TestElf elf;
  elf.add_section(".go.buildinfo", SHT_PROGBITS,
                  "\xff Go buildinf:\x08\x02"s + std::string(16, '\0') + "\xff\xff\xff\xff\xff\xff\xff\xff\x7fgo1",
                  SHF_ALLOC);
  EXPECT_EQ(read_elf_binary("x", elf.file()).go_version, "unknown");
}

TEST(ElfBinary, KnowsWeftByItsSymbolsAndByItsTypes) {
  TestElf symbols;
  const auto code = symbols.add_section(".text", SHT_PROGBITS, std::string(64, '\x90'), SHF_ALLOC | SHF_EXECINSTR);
  symbols.add_symbol("weft_switch_context", code, TestElf::kAddress, 16);
  EXPECT_TRUE(read_elf_binary("x", symbols.file()).is_weft);
  EXPECT_EQ(read_elf_binary("x", TestElf(symbols).file()).has_symbol_table, true);
  TestElf stripped;
  stripped.add_section(".rodata", SHT_PROGBITS, "...N4weft11usage_errorE...", SHF_ALLOC);
  EXPECT_TRUE(read_elf_binary("x", stripped.file()).is_weft);
  TestElf other;
  other.add_section(".rodata", SHT_PROGBITS, "...N4weftX", SHF_ALLOC);
  EXPECT_FALSE(read_elf_binary("x", other.file()).is_weft);
}

TEST(ElfBinary, ReadsThisProgram) {
  const Binary binary = read_elf_binary(std::filesystem::path("/proc/self/exe"));
  EXPECT_FALSE(binary.go_version);
  EXPECT_GT(binary.section_bytes.at(".text"), 0);
  EXPECT_EQ(binary.has_symbol_table, true);
}

TEST(ElfBinary, RejectsWhatIsNone) {
  EXPECT_THROW(read_elf_binary("x",
                               "\x7f"
                               "ELF"),
               Unreadable);
  EXPECT_THROW(read_elf_binary("x", std::string(64, '\0')), Unreadable);
  EXPECT_THROW(read_elf_binary("x", ""), Unreadable);
  EXPECT_THROW(read_elf_binary(std::filesystem::path("/no/such/file")), std::system_error);
}

// Every prefix, and files with bytes changed: an error or some answer, under the sanitizers too.
TEST(ElfBinary, SurvivesDamage) {
  TestElf elf;
  const auto code = elf.add_section(".text", SHT_PROGBITS, std::string(64, '\x90'), SHF_ALLOC | SHF_EXECINSTR);
  elf.add_symbol("_ZN4weft5sched4parkEv", code, TestElf::kAddress, 16);
  elf.add_section(".go.buildinfo", SHT_PROGBITS, in_place_blob("go1.27.4", kModules), SHF_ALLOC | SHF_WRITE);
  const std::string file = elf.file();
  const auto try_reading = [](const std::string& bytes) {
    try {
      read_elf_binary("x", bytes);
    } catch (const Unreadable&) {
      SUCCEED();
    }
  };
  for (std::size_t length = 0; length < file.size(); length += 7) try_reading(file.substr(0, length));
  std::mt19937 random(5);
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = file;
    for (int changes = 0; changes < 4; ++changes) damaged[random() % damaged.size()] = static_cast<char>(random());
    try_reading(damaged);
  }
}

TEST(BuildInfoText, ReadsWhatGoVersionPrints) {
  const auto info = read_build_info_text(recorded("13-after/buildinfo.txt"));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->go_version, "go1.27.4");
  EXPECT_EQ(info->module, "scen");
  EXPECT_EQ(info->settings.at("-trimpath"), "true");
  EXPECT_FALSE(info->settings.contains("-ldflags"));
  const auto quoted =
      read_build_info_text("/bin/a: go1.25\n\tbuild\t-ldflags=\"-s -w\"\n/bin/b: go1.1\n\tbuild\tX=1\n");
  EXPECT_EQ(quoted->settings.at("-ldflags"), "-s -w");
  EXPECT_EQ(quoted->settings.size(), 1u);
  EXPECT_FALSE(read_build_info_text("hello: world\n"));
}

TEST(SectionTable, ReadsWideReadelfAndSizes) {
  Binary before, after;
  ASSERT_TRUE(read_section_table(recorded("13-before/readelf-S.txt"), before));
  ASSERT_TRUE(read_section_table(recorded("13-after/readelf-S.txt"), after));
  EXPECT_EQ(before.has_symbol_table, true);
  EXPECT_EQ(before.has_debug_info, true);
  EXPECT_EQ(after.has_symbol_table, false);
  EXPECT_EQ(after.has_debug_info, false);
  EXPECT_EQ(after.section_bytes.at(".text"), 0x371d91);
  EXPECT_FALSE(after.section_bytes.contains(".bss"));
  ASSERT_TRUE(read_section_table(recorded("13-after/size.txt"), after));
  EXPECT_EQ(after.file_bytes, 7860487);
  ASSERT_TRUE(read_section_table(recorded("13-after/readelf-n.txt"), after));
  EXPECT_EQ(after.build_id, "43650a78b5bdd2c9820ff4f6f3737c0be4149d91");
}

// A download that broke off has its header and not its section table: nothing is known of its symbols.
TEST(ElfBinary, ACutFileHasNoSectionsToJudge) {
  TestElf elf;
  elf.add_section(".text", SHT_PROGBITS, std::string(4000, 'x'), SHF_ALLOC);
  const std::string file = elf.file();
  try {
    read_elf_binary("app", file.substr(0, file.size() / 2));
    FAIL();
  } catch (const Unreadable& error) {
    EXPECT_NE(std::string(error.what()).find("cut off"), std::string::npos) << error.what();
  }
}

TEST(ElfBinary, APipeOrAFolderIsNotWaitedFor) {
  const std::string pipe = ::testing::TempDir() + "weft_elf_binary_test" + std::to_string(::getpid()) + ".pipe";
  std::filesystem::remove(pipe);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THROW(read_elf_binary(std::filesystem::path(pipe)), Unreadable);
  EXPECT_THROW(read_elf_binary(std::filesystem::path(::testing::TempDir())), Unreadable);
  std::filesystem::remove(pipe);
}

TEST(SectionTable, ReadsNarrowReadelfAndSize) {
  Binary binary;
  ASSERT_TRUE(
      read_section_table("Section Headers:\n"
                         "  [Nr] Name              Type             Address           Offset\n"
                         "       Size              EntSize          Flags  Link  Info  Align\n"
                         "  [ 0]                   NULL             0000000000000000  00000000\n"
                         "       0000000000000000  0000000000000000           0     0     0\n"
                         "  [ 1] .text             PROGBITS         0000000000401000  00001000\n"
                         "       0000000000000abc  0000000000000000  AX       0     0     64\n"
                         "  [ 2] .symtab           SYMTAB           0000000000000000  00002000\n"
                         "       0000000000000018  0000000000000018          40     5     8\n",
                         binary));
  EXPECT_EQ(binary.section_bytes.at(".text"), 0xabc);
  EXPECT_EQ(binary.has_symbol_table, true);
  EXPECT_EQ(binary.has_debug_info, false);
  Binary sizes;
  ASSERT_TRUE(
      read_section_table("app  :\nsection    size      addr\n.text     1000   4096\n.bss  50  0\nTotal 1050\n", sizes));
  EXPECT_EQ(sizes.section_bytes.at(".text"), 1000);
  EXPECT_FALSE(sizes.section_bytes.contains(".bss"));
  Binary berkeley;
  ASSERT_TRUE(
      read_section_table("   text\t   data\t    bss\t    dec\t    hex\tfilename\n 100 20 3 123 7b a.out\n", berkeley));
  EXPECT_EQ(berkeley.section_bytes.at("text"), 100);
  EXPECT_FALSE(is_section_table("done 500 bytes read\n"));
}

}  // namespace
}  // namespace weft::doctor
