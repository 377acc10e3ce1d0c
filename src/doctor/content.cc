#include "doctor/content.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "doctor/elf_binary.h"
#include "doctor/text_scan.h"
#include "doctor/unreadable.h"
#include "pprof/other_format.h"
#include "pprof/reader.h"

namespace weft::doctor {
namespace {

using pprof::Profile;
using pprof::ProfileKind;

constexpr std::size_t kMostUnpackedBytes = std::size_t{256} << 20;
// A hundred times what services write; a machine with little memory must live through a hostile file too.
constexpr pprof::ReadLimits kProfileLimits{.unpacked_bytes = kMostUnpackedBytes, .profile_bytes = kMostUnpackedBytes};

// Both are of contention; a mutex profile's stacks are of those who unlocked.
bool is_mutex_profile(std::string_view name, const Profile& profile) {
  if (name.find("mutex") != std::string_view::npos) return true;
  if (name.find("block") != std::string_view::npos) return false;
  for (const pprof::Sample& sample : profile.samples) {
    for (const std::uint32_t location : profile.stack(sample).first(std::min<std::size_t>(2, sample.location_count))) {
      for (const pprof::Line& line : profile.lines_of(profile.locations[location])) {
        if (profile.functions[line.function].name.find("nlock") != std::string::npos) return true;
      }
    }
  }
  return false;
}

// Both have the same columns; a difference of two snapshots tells of allocation, whatever it is called.
bool is_allocation_profile(std::string_view name, const Profile& profile) {
  if (profile.default_sample_type == "alloc_space" || profile.duration_nanos > 0) return true;
  if (!profile.default_sample_type.empty()) return false;
  return name.find("alloc") != std::string_view::npos;
}

std::int64_t sum_of_first_column(const Profile& profile) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < profile.samples.size() && !profile.sample_types.empty(); ++i) {
    std::int64_t next = 0;
    if (__builtin_add_overflow(sum, profile.value(i, 0), &next)) return sum;
    sum = next;
  }
  return sum;
}

// What the first column counts, one of them.
std::string_view unit_of(ProfileKind kind) noexcept {
  switch (kind) {
    case ProfileKind::kHeap:
      return "allocated object";
    case ProfileKind::kGoroutine:
    case ProfileKind::kGoroutineLeak:
      return "goroutine";
    case ProfileKind::kContention:
      return "contention";
    case ProfileKind::kThreadCreate:
      return "thread";
    case ProfileKind::kCpu:
    case ProfileKind::kOther:
      break;
  }
  return "sample";
}

std::string describe(std::string_view what, const Profile& profile) {
  std::string text(what);
  if (profile.duration_nanos > 0) {
    text += fmt::format(", {:.1f} s", static_cast<double>(profile.duration_nanos) * 1e-9);
  }
  const std::int64_t count = sum_of_first_column(profile);
  return text + fmt::format(", {} {}{}", count, unit_of(pprof::kind_of(profile)), count == 1 ? "" : "s");
}

// Of several profiles of one kind one counts: the latest that has names; of one moment the larger one.
bool counts_more(const Profile& a, const Profile& b) {
  if (a.functions.empty() != b.functions.empty()) return b.functions.empty();
  if (a.time_nanos != b.time_nanos) return a.time_nanos > b.time_nanos;
  return sum_of_first_column(a) > sum_of_first_column(b);
}

// Goroutine and heap profiles are kept all.
bool is_series(const Evidence& evidence, const std::optional<Profile>* place) {
  return place == &evidence.heap || place == &evidence.goroutine;
}

// The one that was read before gives way; it was called a source.
void withdraw_source(Evidence& evidence, std::string_view what) {
  const std::string mark = fmt::format(": {},", what);
  const auto source = std::find_if(evidence.sources.rbegin(), evidence.sources.rend(),
                                   [&](const std::string& line) { return line.find(mark) != std::string::npos; });
  if (source == evidence.sources.rend()) return;
  evidence.unread.push_back(fmt::format("{}: another {} counts", source->substr(0, source->find(mark)), what));
  evidence.sources.erase(std::next(source).base());
}

// Where a profile goes, and what it is called. Of another kind: nullptr.
std::pair<std::optional<Profile>*, std::string_view> place_of(Evidence& evidence, std::string_view name,
                                                              const Profile& profile) {
  switch (pprof::kind_of(profile)) {
    case ProfileKind::kCpu:
      return {&evidence.cpu, "CPU profile"};
    case ProfileKind::kHeap:
      if (is_allocation_profile(name, profile)) return {&evidence.allocs, "allocation profile"};
      return {&evidence.heap, "heap profile"};
    case ProfileKind::kGoroutine:
      return {&evidence.goroutine, "goroutine profile"};
    case ProfileKind::kGoroutineLeak:
      return {&evidence.goroutine_leak, "goroutine leak profile"};
    case ProfileKind::kContention:
      if (is_mutex_profile(name, profile)) return {&evidence.mutex, "mutex profile"};
      return {&evidence.block, "block profile"};
    case ProfileKind::kThreadCreate:
      return {&evidence.thread_create, "thread creation profile"};
    case ProfileKind::kOther:
      break;
  }
  return {nullptr, "profile"};
}

bool is_text(std::string_view bytes) noexcept {
  const std::string_view head = bytes.substr(0, 4096);
  const auto control = std::count_if(head.begin(), head.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\x1b';
  });
  return control == 0;
}

ContentKind add_packed(Evidence& evidence, std::string_view name, std::string_view bytes) {
  std::string why;
  try {
    add_profile(evidence, name, pprof::read_profile(bytes, kProfileLimits));
    return ContentKind::kProfile;
  } catch (const pprof::BadProfile& error) {
    why = error.what();
  }
  if (!pprof::is_gzip(bytes)) throw Unreadable(why);
  // Logs are packed too.
  std::string unpacked;
  try {
    unpacked = pprof::gunzip(bytes, kMostUnpackedBytes);
  } catch (const pprof::BadProfile&) {
    throw Unreadable(why);
  }
  const ContentKind kind = is_text(unpacked) ? add_text(evidence, name, unpacked) : ContentKind::kUnknown;
  if (kind == ContentKind::kUnknown) throw Unreadable(why);
  return kind;
}

ContentKind add_known_content(Evidence& evidence, std::string_view name, std::string_view bytes) {
  constexpr std::string_view kElf =
      "\x7f"
      "ELF";
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (bytes.starts_with(kElf)) {
    add_binary(evidence, name, read_elf_binary(name, bytes));
    return ContentKind::kElf;
  }
  if (bytes.starts_with("go 1.") && bytes.substr(0, 32).find(" trace\0", 0, 7) != std::string_view::npos) {
    throw Unreadable("an execution trace: not used");
  }
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff")) throw Unreadable("text in UTF-16: UTF-8 is read");
  if (bytes.starts_with('\0')) {  // as gperftools' profiles do
    if (const std::string_view other = pprof::name_other_format(bytes); !other.empty()) {
      throw Unreadable("not a pprof profile: it is " + std::string(other));
    }
  }
  // A log that was cut off while its writer kept its place begins with zeros.
  if (!is_text(bytes)) bytes.remove_prefix(std::min(bytes.size(), bytes.find_first_not_of('\0')));
  if (bytes.empty()) throw Unreadable("nothing but zeros");
  if (pprof::is_gzip(bytes) || !is_text(bytes)) return add_packed(evidence, name, bytes);
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  return add_text(evidence, name, bytes);
}

// A build's facts from several files: what the newer one says counts.
template <class Value>
void take_newer(std::optional<Value>& value, std::optional<Value>& newer) {
  if (newer) value = std::move(newer);
}

}  // namespace

void add_profile(Evidence& evidence, std::string_view name, Profile profile) {
  const auto [place, what] = place_of(evidence, name, profile);
  if (place == nullptr) {
    const std::string type = profile.sample_types.empty() ? "nothing" : profile.sample_types[0].type;
    throw Unreadable("a profile of " + type + ": not used");
  }
  if (*place && !is_series(evidence, place)) {
    if (!counts_more(profile, **place)) throw Unreadable(fmt::format("another {} counts", what));
    withdraw_source(evidence, what);
  }
  evidence.sources.push_back(fmt::format("{}: {}", name, describe(what, profile)));
  if (place == &evidence.heap) evidence.heap_snapshots.push_back(profile);
  if (place == &evidence.goroutine) evidence.goroutine_snapshots.push_back(profile);
  *place = std::move(profile);
}

void add_binary(Evidence& evidence, std::string_view name, Binary binary) {
  if (!evidence.binary) evidence.binary.emplace();
  Binary& known = *evidence.binary;
  if (!binary.path.empty()) known.path = std::move(binary.path);
  take_newer(known.go_version, binary.go_version);
  take_newer(known.module, binary.module);
  take_newer(known.file_bytes, binary.file_bytes);
  take_newer(known.has_symbol_table, binary.has_symbol_table);
  take_newer(known.has_debug_info, binary.has_debug_info);
  take_newer(known.build_id, binary.build_id);
  known.is_weft = known.is_weft || binary.is_weft;
  if (!binary.settings.empty()) known.settings = std::move(binary.settings);
  if (!binary.section_bytes.empty()) known.section_bytes = std::move(binary.section_bytes);
  evidence.sources.push_back(fmt::format("{}: facts of the executable", name));
}

ContentKind add_content(Evidence& evidence, std::string_view name, std::string_view bytes) {
  std::string why = "not recognised";
  try {
    if (bytes.empty()) throw Unreadable("empty");
    const ContentKind kind = add_known_content(evidence, name, bytes);
    if (kind != ContentKind::kUnknown) return kind;
  } catch (const Unreadable& error) {
    why = error.what();
  } catch (const std::bad_alloc&) {
    why = "takes more memory than there is";
  } catch (const std::length_error&) {
    why = "takes more memory than there is";
  }
  evidence.unread.push_back(fmt::format("{}: {}", name, why));
  return ContentKind::kUnknown;
}

}  // namespace weft::doctor
