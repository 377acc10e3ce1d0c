// S13: an executable with its symbols and debug information.
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kLargeBytes = 20e6;

Judgement judge(const Case& service) {
  const auto& binary = service.evidence.binary;
  if (!binary || !binary->has_symbol_table || !binary->has_debug_info)
    return Judgement::cannot("the executable's sections were not seen", "--binary, or --pid");
  const double size = binary->file_bytes.value_or(0);
  std::string seen =
      fmt::format("{}symbol table {}, debug information {}", size > 0 ? bytes(size) + ", " : "",
                  *binary->has_symbol_table ? "there" : "gone", *binary->has_debug_info ? "there" : "gone");
  if (!*binary->has_symbol_table && !*binary->has_debug_info) return Judgement::healthy(std::move(seen));

  Finding finding;
  finding.rule = "S13";
  finding.severity = size > kLargeBytes ? Severity::kWarning : Severity::kInfo;
  finding.headline = "the executable carries its symbols and debug information along";
  finding.evidence.push_back("ELF: " + seen);
  double removable = 0;
  for (const auto& [name, length] : binary->section_bytes) {
    if (name == ".symtab" || name == ".strtab" || name.starts_with(".debug") || name.starts_with(".zdebug"))
      removable += length;
  }
  if (removable > 0) finding.evidence.push_back(fmt::format("ELF: {} of the file are in them", bytes(removable)));
  finding.action = binary->go_version
                       ? "go build -trimpath -ldflags='-s -w', and keep an unstripped twin under its build id"
                       : "strip it, with the debug information in a file beside it (objcopy --only-keep-debug), "
                         "found by build id";
  finding.gain_text = "measured: 11.6 to 7.9 MB, packed 6.4 to 3.3 MB";
  finding.gap = "gdb and perf on the deployed file lose their names; a Go program's own profiles keep theirs";
  return Judgement::fires(std::move(finding));
}

}  // namespace

const Rule kS13 = {{.id = "S13",
                    .title = "fat binary",
                    .question = "Does the deployed executable carry what only a debugger reads?",
                    .evidence = "The ELF file's .symtab and .debug sections. Not the build information: with -trimpath "
                                "it leaves -ldflags out.",
                    .fires = "One of them is there: information up to 20 MB, a warning above.",
                    .lever = "-trimpath -ldflags='-s -w' in Go; a stripped file with its debug file beside it in C++.",
                    .gain = "Measured: a third of the file, half of it when packed.",
                    .refuse = "A development build; a file that gdb or perf must read where it runs.",
                    .gap = "Keep the unstripped twin by its build id.",
                    .references = "weft size"},
                   &judge};

}  // namespace weft::doctor
