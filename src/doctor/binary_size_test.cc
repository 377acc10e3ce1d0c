// Where an executable's bytes are: on a made-up file whose answer is known, and on this program.
#include "doctor/binary_size.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "doctor/elf_test_support.h"
#include "doctor/symbol_group.h"

namespace weft::doctor {
namespace {

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes)
      : path_(::testing::TempDir() + "weft_size_" + std::to_string(::getpid()) + ".elf") {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TestElf cpp_program() {
  TestElf elf;
  const std::uint64_t at = elf.next_address();
  const auto code = elf.add_section(".text", SHT_PROGBITS, std::string(1000, '\x90'), SHF_ALLOC | SHF_EXECINSTR);
  elf.add_symbol("_ZN4weft5sched4parkEv", code, at, 300);
  elf.add_symbol("_ZN4weft5sched5aliasEv", code, at, 300);  // the same bytes once more
  elf.add_symbol("_ZNSt6vectorIiSaIiEE9push_backERKi", code, at + 300, 200);
  elf.add_symbol("main", code, at + 500, 100);
  elf.add_symbol("_Z3runv", code, at + 600, 50);
  elf.add_symbol("too_large", code, at, 5000);
  elf.add_section(".debug_info", SHT_PROGBITS, std::string(10'000, 'd'), 0);
  return elf;
}

const SizeGroup* find(const std::vector<SizeGroup>& groups, std::string_view name) {
  for (const SizeGroup& group : groups) {
    if (group.name == name) return &group;
  }
  return nullptr;
}

TEST(BinarySize, GivesBytesToNamespacesOnce) {
  const TemporaryFile file(cpp_program().file());
  const SizeReport report = measure_size({.binary = file.path()});
  EXPECT_EQ(report.language, "C++");
  EXPECT_EQ(report.named_bytes, 650u);
  ASSERT_NE(find(report.groups, "weft::sched"), nullptr);
  EXPECT_EQ(find(report.groups, "weft::sched")->bytes, 300u);
  EXPECT_EQ(find(report.groups, "std")->bytes, 200u);
  EXPECT_EQ(find(report.groups, "(C)")->bytes, 100u);
  EXPECT_EQ(find(report.groups, "(global)")->bytes, 50u);
  ASSERT_FALSE(report.symbols.empty());
  EXPECT_EQ(report.symbols[0].name, "weft::sched::park()");
  EXPECT_EQ(report.debug_bytes, 10'000u);
  ASSERT_TRUE(report.packed_debug_bytes);
  EXPECT_LT(*report.packed_debug_bytes, 200u);
  std::uint64_t sum = 0;
  for (const SizeGroup& role : report.roles) sum += role.bytes;
  EXPECT_EQ(sum, report.file_bytes);
}

TEST(BinarySize, RefusesToGuessWithoutSymbols) {
  TestElf elf;
  elf.add_section(".text", SHT_PROGBITS, std::string(1000, '\x90'), SHF_ALLOC | SHF_EXECINSTR);
  elf.add_section(".gopclntab", SHT_PROGBITS, "x", SHF_ALLOC);
  const TemporaryFile file(elf.file());
  const SizeReport report = measure_size({.binary = file.path()});
  EXPECT_EQ(report.language, "Go");
  EXPECT_TRUE(report.groups.empty());
  EXPECT_NE(size_text(report).find("Symbols: the symbol table is gone"), std::string::npos);
  EXPECT_NE(size_text(report).find("Nothing to strip"), std::string::npos);
}

TEST(BinarySize, MeasuresThePathsOfGosSources) {
  TestElf elf;
  using namespace std::string_literals;
  elf.add_section(".gopclntab", SHT_PROGBITS,
                  "\0/usr/go/src/fmt/print.go\0/usr/go/src/runtime/proc.go\0/home/me/main.go\0"s, SHF_ALLOC);
  const TemporaryFile file(elf.file());
  EXPECT_EQ(measure_size({.binary = file.path()}).build_path_bytes, 2 * std::string("/usr/go/src/").size());
}

TEST(BinarySize, TextAndJsonSayTheSame) {
  const TemporaryFile file(cpp_program().file());
  std::ostringstream text, json, err;
  EXPECT_EQ(run_size({.binary = file.path()}, text, err), 0);
  EXPECT_EQ(run_size({.binary = file.path(), .json = true}, json, err), 0);
  EXPECT_NE(text.str().find("weft::sched"), std::string::npos);
  EXPECT_NE(text.str().find("strip --strip-debug"), std::string::npos);
  EXPECT_NE(text.str().find("compress debug information"), std::string::npos);
  const boost::json::value root = boost::json::parse(json.str());
  EXPECT_EQ(root.at("schema").as_string(), "weft.size/1");
  EXPECT_EQ(root.at("debug_bytes").to_number<int>(), 10'000);
  EXPECT_EQ(root.at("groups").at(0).at("name").as_string(), "weft::sched");
  EXPECT_EQ(root.at("savings").as_array().size(), 3u);
  EXPECT_EQ(err.str(), "");
}

TEST(BinarySize, NamesWhatCannotBeRead) {
  std::ostringstream out, err;
  EXPECT_EQ(run_size({.binary = "/no/such/file"}, out, err), 2);
  EXPECT_NE(err.str().find("/no/such/file"), std::string::npos);
  const TemporaryFile file("#!/bin/sh\n");
  EXPECT_EQ(run_size({.binary = file.path()}, out, err), 2);
  EXPECT_EQ(out.str(), "");
}

TEST(BinarySize, MeasuresThisProgram) {
  const SizeReport report = measure_size({.binary = "/proc/self/exe"});
  EXPECT_EQ(report.language, "C++");
  EXPECT_NE(find(report.groups, "weft::doctor"), nullptr);
  EXPECT_GT(report.named_bytes, 0u);
  EXPECT_LE(report.named_bytes, report.nameable_bytes);
}

TEST(BinarySize, HostileNamesReachNoTerminal) {
  TestElf elf;
  const std::uint64_t at = elf.next_address();
  const auto code = elf.add_section(".text", SHT_PROGBITS, std::string(100, '\x90'), SHF_ALLOC | SHF_EXECINSTR);
  elf.add_symbol("\x1b[2Jclear\xff", code, at, 50);
  const TemporaryFile file(elf.file());
  std::ostringstream text, json, err;
  run_size({.binary = file.path()}, text, err);
  run_size({.binary = file.path(), .json = true}, json, err);
  EXPECT_EQ(text.str().find('\x1b'), std::string::npos);
  EXPECT_EQ(json.str().find('\xff'), std::string::npos);
  EXPECT_NO_THROW(boost::json::parse(json.str()));
}

TEST(SymbolGroup, FindsGosPackages) {
  EXPECT_EQ(go_package_of("net/http.(*Server).Serve"), "net/http");
  EXPECT_EQ(go_package_of("main.main.func1"), "main");
  EXPECT_EQ(go_package_of("github.com/a/b%2ec.(*T[...]).F"), "github.com/a/b%2ec");
  EXPECT_EQ(go_package_of("main.F[github.com/a/b.T]"), "main");
  EXPECT_EQ(go_package_of("cmp..dict.Compare[int]"), "cmp");
  EXPECT_EQ(go_package_of("type:*main.T"), "(types)");
  EXPECT_EQ(go_package_of("go:string.*"), "(tables)");
  EXPECT_EQ(go_package_of("$f64.3fe0000000000000"), "(constants)");
  EXPECT_EQ(go_package_of("_cgo_panic"), "(C)");
  EXPECT_EQ(go_package_of("_.goready.func1"), "runtime");
  EXPECT_EQ(go_package_of(""), "(C)");
}

TEST(SymbolGroup, FindsNamespaces) {
  EXPECT_EQ(cpp_namespace_of("_ZN4weft5sched14goroutine_mainEv"), "weft::sched");
  EXPECT_EQ(cpp_namespace_of("_ZNK4weft5Mutex8try_lockEv"), "weft::Mutex");
  EXPECT_EQ(cpp_namespace_of("_ZN4weft3runEv"), "weft");
  EXPECT_EQ(cpp_namespace_of("_ZTVN4weft11usage_errorE"), "weft");
  EXPECT_EQ(cpp_namespace_of("_ZN12_GLOBAL__N_14workEv"), "(anonymous)");
  EXPECT_EQ(cpp_namespace_of("_ZSt4cout"), "std");
  EXPECT_EQ(cpp_namespace_of("_ZN9__gnu_cxx3fooEv"), "std");
  EXPECT_EQ(cpp_namespace_of("_ZZN4weft3runEvE5local"), "weft");
  EXPECT_EQ(cpp_namespace_of("_Z4workv"), "(global)");
  EXPECT_EQ(cpp_namespace_of("malloc"), "(C)");
  EXPECT_EQ(cpp_namespace_of("_ZN99999999999999999999x"), "(global)");
  EXPECT_EQ(cpp_namespace_of("_ZN9x"), "(global)");
  EXPECT_EQ(cpp_namespace_of("_Z"), "(global)");
}

// Each argument is a pair of the one before: written out, 2^200 letters.
TEST(SymbolGroup, ReadableNamesStayShort) {
  std::string bomb = "_Z1fSt4pairIiiE";
  bomb += "S_I";
  for (int i = 0; i < 100; ++i) bomb += "S" + std::to_string(i) + "_S" + std::to_string(i) + "_";
  EXPECT_LE(readable_symbol(bomb).size(), 200u);
  EXPECT_LE(readable_symbol(std::string(100'000, 'x')).size(), 200u);
  EXPECT_EQ(readable_symbol("_ZN4weft5sched4parkEv"), "weft::sched::park()");
  EXPECT_EQ(readable_symbol("main.main"), "main.main");
}

}  // namespace
}  // namespace weft::doctor
