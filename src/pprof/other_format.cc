#include "pprof/other_format.h"

#include <array>

namespace weft::pprof {
namespace {

using namespace std::string_view_literals;

struct Format {
  std::string_view beginning;
  std::string_view name;
};

constexpr std::string_view kCpuOfGperftools =
    "gperftools' binary CPU profile; convert it with `pprof -proto <binary> <file>`";

constexpr std::array kFormats = {
    Format{"heap profile:",
           "a heap profile as legacy text; ask for it without debug=1, or convert it with `pprof -proto`"},
    Format{"goroutine profile:", "a goroutine profile as text (debug=1)"},
    Format{"goroutineleak profile:", "a goroutine leak profile as text (debug=1)"},
    Format{"threadcreate profile:", "a threadcreate profile as text (debug=1)"},
    Format{"goroutine ", "a goroutine dump (debug=2)"},
    Format{"--- contention", "a block profile as legacy text; ask for it without debug=1"},
    Format{"--- mutex:", "a mutex profile as legacy text; ask for it without debug=1"},
    Format{"--- heap", "gperftools' heap profile as text; convert it with `pprof -proto`"},
    Format{"--- growth", "gperftools' heap growth profile as text; convert it with `pprof -proto`"},
    Format{"--- thread", "a thread profile as legacy text"},
    Format{"--- symbol", "a profile with symbols as gperftools' pprof --raw writes it; convert it with `pprof -proto`"},
    Format{"num_symbols:", "an answer of /debug/pprof/symbol"},
    Format{"# HELP ", "metrics as Prometheus' text"},
    Format{"# TYPE ", "metrics as Prometheus' text"},
    Format{"go 1.", "a Go execution trace"},
    Format{"FLR\0"sv, "a recording of the Java Flight Recorder"},
    Format{"PERFILE2", "perf's perf.data; convert it with perf_to_profile"},
    Format{"\x7f"
           "ELF",
           "an ELF file: a program or a library"},
    Format{"\x28\xb5\x2f\xfd", "compressed with zstd; unpack it first"},
    Format{"\xfd"
           "7zXZ",
           "compressed with xz; unpack it first"},
    Format{"BZh", "compressed with bzip2; unpack it first"},
    Format{"PK\x03\x04", "a zip archive; unpack it first"},
    Format{"\x1f\x8b", "gzip inside gzip; unpack it once"},
    Format{"<!", "an HTML page"},
    Format{"<html", "an HTML page"},
    Format{"{", "JSON"},
    Format{"Unknown profile", "a server's answer that it has no such profile"},
    // A header of 64-bit words 0 3 0, of 32-bit words the same; and as the other byte order writes 3.
    Format{"\0\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0"sv, kCpuOfGperftools},
    Format{"\0\0\0\0\3\0\0\0\0\0\0\0"sv, kCpuOfGperftools},
    Format{"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3"sv, kCpuOfGperftools},
    Format{"\0\0\0\0\0\0\0\3\0\0\0\0"sv, kCpuOfGperftools},
};

}  // namespace

std::string_view name_other_format(std::string_view bytes) noexcept {
  for (const Format& format : kFormats) {
    if (bytes.starts_with(format.beginning)) return format.name;
  }
  return {};
}

}  // namespace weft::pprof
