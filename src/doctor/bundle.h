// doctor/bundle.h: turns bytes of unknown kind into evidence. What a file is, its content says, never its name alone.
#pragma once

#include <filesystem>
#include <string_view>

#include "doctor/evidence.h"

namespace weft::doctor {

/// What a file turned out to be; kUnknown leaves the evidence alone.
enum class ContentKind {
  kProfile,
  kPrometheus,
  kRuntimeMetricsJson,  // {"unix_nano":..., "metrics": {...}, "proc": {path: text}}
  kExpvar,              // /debug/vars
  kGoLog,               // gctrace, schedtrace, inittrace, scavtrace lines among others
  kGoroutineDump,
  kBuildInfo,     // what `go version -m` prints
  kSectionTable,  // what `readelf -S` prints
  kElf,
  kShutdownTimeline,  // "t=0.000 SIGTERM #1"
  kResidentSeries,    // "t=0s VmRSS=960156 kB"
  kUnknown,
};

/// Recognises `bytes` and adds what they say. `name` is for messages, and a hint where two kinds look alike (heap and
/// allocs). What can't be read or used is added to `evidence.unread`, with the reason; never throws for bad input.
ContentKind add_content(Evidence& evidence, std::string_view name, std::string_view bytes);

/// Every file of a folder, in the order of their names. Errors: std::system_error when it can't be opened.
void add_folder(Evidence& evidence, const std::filesystem::path& folder);
/// One file. Errors: std::system_error when it can't be read.
void add_file(Evidence& evidence, const std::filesystem::path& file);

/// Puts snapshots in the order of time and fills in what follows from several sources. Call once, at the end.
void settle(Evidence& evidence);

}  // namespace weft::doctor
