// `weft size`: the report as text and as JSON.
#include <fmt/format.h>
#include <boost/json.hpp>
#include <ostream>
#include <system_error>

#include "doctor/binary_size.h"
#include "doctor/text_style.h"
#include "doctor/unreadable.h"

namespace weft::doctor {

namespace json = boost::json;

namespace {

constexpr std::size_t kSectionsShown = 15;
constexpr int kFailed = 2;

std::string bytes_text(std::uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (bytes < 1000) return fmt::format("{} B", bytes);
  if (bytes < 1'000'000) return fmt::format("{:.1f} kB", value / 1e3);
  return fmt::format("{:.2f} MB", value / 1e6);
}

std::string share_text(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "" : fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

void append_row(std::string& text, std::uint64_t bytes, std::uint64_t whole, std::string_view name) {
  text += fmt::format("  {:>10} {:>8}  {}\n", bytes_text(bytes), share_text(bytes, whole), name);
}

struct Saving {
  std::uint64_t bytes = 0;
  std::string what, how, costs;
};

std::vector<Saving> savings_of(const SizeReport& report) {
  const bool go = report.language == "Go";
  std::vector<Saving> savings;
  if (report.debug_bytes + report.symbol_table_bytes > 0) {
    savings.push_back(
        {report.debug_bytes + report.symbol_table_bytes, "strip",
         go ? "go build -ldflags=\"-s -w\"" : "strip, with the unstripped file kept by its build id",
         go ? "perf and gdb lose all names; pprof and panics keep theirs" : "perf and gdb lose all names"});
  }
  if (report.debug_bytes > 0 && report.symbol_table_bytes > 0) {
    savings.push_back({report.debug_bytes, "strip debug information only",
                       go ? "go build -ldflags=-w" : "strip --strip-debug", "gdb loses lines and variables"});
  }
  if (report.packed_debug_bytes && *report.packed_debug_bytes < report.debug_bytes) {
    savings.push_back({report.debug_bytes - *report.packed_debug_bytes, "compress debug information",
                       "objcopy --compress-debug-sections=zlib, or -gz when linking", "debuggers unpack it first"});
  }
  if (report.build_path_bytes && *report.build_path_bytes > 0) {
    savings.push_back({*report.build_path_bytes, "trim the build's paths", "go build -trimpath",
                       "build info keeps no -ldflags then"});
  }
  return savings;
}

std::string head_text(const SizeReport& report) {
  std::string text = fmt::format("{}: {}, {}", printable(report.path), bytes_text(report.file_bytes), report.language);
  if (report.go_version) text += fmt::format(" ({})", printable(*report.go_version));
  if (report.packed_file_bytes) text += fmt::format(", {} compressed", bytes_text(*report.packed_file_bytes));
  return text + "\n";
}

std::string symbols_text(const SizeReport& report) {
  if (!report.no_symbols.empty()) return fmt::format("\nSymbols: {}\n", report.no_symbols);
  std::string text = fmt::format("\n{}, of the {} that symbols name ({} of what is loaded)\n",
                                 report.language == "Go" ? "Packages" : "Namespaces", bytes_text(report.named_bytes),
                                 share_text(report.named_bytes, report.nameable_bytes));
  for (const SizeGroup& group : report.groups) append_row(text, group.bytes, report.named_bytes, printable(group.name));
  text += "\nLargest symbols\n";
  for (const SizeGroup& symbol : report.symbols) {
    append_row(text, symbol.bytes, report.named_bytes, printable(symbol.name));
  }
  return text;
}

std::string savings_text(const SizeReport& report) {
  const std::vector<Saving> savings = savings_of(report);
  if (savings.empty()) return "\nNothing to strip, trim or compress.\n";
  std::string text = "\nWhat would be saved, each alone: stripping leaves nothing to compress\n";
  for (const Saving& saving : savings) {
    append_row(text, saving.bytes, report.file_bytes, fmt::format("{}: {}; {}", saving.what, saving.how, saving.costs));
  }
  if (report.packed_file_bytes && report.packed_stripped_bytes) {
    text += fmt::format("  As a download: {} now, {} stripped.\n", bytes_text(*report.packed_file_bytes),
                        bytes_text(*report.packed_stripped_bytes));
  }
  return text;
}

json::array groups_json(const std::vector<SizeGroup>& groups, std::string_view count) {
  json::array list;
  for (const SizeGroup& group : groups) {
    json::object entry{{"name", printable(group.name)}, {"bytes", group.bytes}};
    if (!count.empty()) entry[count] = group.symbols;
    list.push_back(std::move(entry));
  }
  return list;
}

void set_if(json::object& object, std::string_view key, const std::optional<std::uint64_t>& value) {
  object[key] = value ? json::value(*value) : json::value(nullptr);
}

}  // namespace

std::string size_text(const SizeReport& report) {
  std::string text = head_text(report);
  text += "\nWhat for\n";
  for (const SizeGroup& role : report.roles) append_row(text, role.bytes, report.file_bytes, role.name);
  text += "\nLargest sections\n";
  for (std::size_t i = 0; i < std::min(kSectionsShown, report.sections.size()); ++i) {
    const ElfSection& section = report.sections[i];
    std::string name = printable(section.name);
    if (section.unpacked_bytes) name += fmt::format(" (compressed, {} unpacked)", bytes_text(*section.unpacked_bytes));
    append_row(text, section.file_bytes, report.file_bytes, name);
  }
  return text + symbols_text(report) + savings_text(report);
}

std::string size_json(const SizeReport& report) {
  json::object root{{"schema", "weft.size/1"},
                    {"path", printable(report.path)},
                    {"language", report.language},
                    {"file_bytes", report.file_bytes},
                    {"debug_bytes", report.debug_bytes},
                    {"symbol_table_bytes", report.symbol_table_bytes},
                    {"named_bytes", report.named_bytes},
                    {"roles", groups_json(report.roles, "")},
                    {"groups", groups_json(report.groups, "symbols")},
                    {"symbols", groups_json(report.symbols, "")}};
  root["go_version"] = report.go_version ? json::value(printable(*report.go_version)) : json::value(nullptr);
  root["build_id"] = report.build_id ? json::value(*report.build_id) : json::value(nullptr);
  root["no_symbols"] = report.no_symbols.empty() ? json::value(nullptr) : json::value(report.no_symbols);
  set_if(root, "packed_file_bytes", report.packed_file_bytes);
  set_if(root, "packed_stripped_bytes", report.packed_stripped_bytes);
  set_if(root, "packed_debug_bytes", report.packed_debug_bytes);
  set_if(root, "build_path_bytes", report.build_path_bytes);
  json::array sections, savings;
  for (const ElfSection& section : report.sections) {
    json::object entry{
        {"name", printable(section.name)}, {"bytes", section.file_bytes}, {"role", role_text(role_of(section))}};
    set_if(entry, "unpacked_bytes", section.unpacked_bytes);
    sections.push_back(std::move(entry));
  }
  for (const Saving& saving : savings_of(report)) {
    savings.push_back(
        json::object{{"what", saving.what}, {"bytes", saving.bytes}, {"how", saving.how}, {"costs", saving.costs}});
  }
  root["sections"] = std::move(sections);
  root["savings"] = std::move(savings);
  return json::serialize(root) + "\n";
}

int run_size(const SizeOptions& options, std::ostream& out, std::ostream& err) {
  try {
    const SizeReport report = measure_size(options);
    out << (options.json ? size_json(report) : size_text(report));
    return 0;
  } catch (const Unreadable& error) {
    err << "weft size: " << printable(options.binary) << ": " << error.what() << '\n';
  } catch (const std::system_error& error) {
    err << "weft size: " << printable(error.what()) << '\n';
  } catch (const std::bad_alloc&) {
    err << "weft size: " << options.binary << ": takes more memory than there is\n";
  }
  return kFailed;
}

}  // namespace weft::doctor
