// The text form: "FILE: go1.27.4", and a line a fact, tabs between: "\tbuild\t-trimpath=true".
#include "doctor/go_build_info.h"
#include "doctor/text_scan.h"

namespace weft::doctor {
namespace {

constexpr std::size_t kMostSettings = 10'000;

// Go quotes what holds blanks or quotes, as Go source does; what else it escapes stays as it stands.
std::string unquote(std::string_view text) {
  if (text.size() < 2 || (text.front() != '"' && text.front() != '`') || text.back() != text.front()) {
    return std::string(text);
  }
  const bool raw = text.front() == '`';
  text = text.substr(1, text.size() - 2);
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (raw || text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    const char escaped = text[++i];
    if (escaped == 'n') {
      plain += '\n';
    } else if (escaped == 't') {
      plain += '\t';
    } else {
      if (escaped != '"' && escaped != '\\') plain += '\\';
      plain += escaped;
    }
  }
  return plain;
}

// "-ldflags=\"-s -w\"": the key ends at the first '=', unless it is quoted.
void add_setting(std::string_view text, GoBuildInfo& info) {
  std::size_t equals = 0;
  if (text.starts_with('"')) {
    equals = text.find("\"=", 1);
    if (equals != std::string_view::npos) ++equals;
  } else {
    equals = text.find('=');
  }
  if (equals == std::string_view::npos || info.settings.size() == kMostSettings) return;
  info.settings.insert_or_assign(unquote(text.substr(0, equals)), unquote(text.substr(equals + 1)));
}

}  // namespace

void read_module_text(std::string_view text, GoBuildInfo& info) {
  for_each_line(text, [&](std::string_view line) {
    Cursor at(line);
    at.skip("\t");
    if (at.skip("mod\t")) {
      info.module = std::string(at.rest().substr(0, at.rest().find('\t')));
    } else if (at.skip("path\t")) {
      if (!info.module) info.module = std::string(at.rest());
    } else if (at.skip("build\t")) {
      add_setting(at.rest(), info);
    }
  });
}

std::optional<GoBuildInfo> read_build_info_text(std::string_view text) {
  const std::size_t first_end = text.find('\n');
  const std::string_view first = trim(text.substr(0, first_end));
  std::size_t colon = first.rfind(": go1");
  if (colon == std::string_view::npos) colon = first.rfind(": devel ");
  if (colon == std::string_view::npos) return std::nullopt;
  GoBuildInfo info;
  info.go_version = std::string(first.substr(colon + 2));
  std::string_view rest = first_end == std::string_view::npos ? std::string_view() : text.substr(first_end + 1);
  bool same_program = true;
  for_each_line(rest, [&](std::string_view line) {
    same_program = same_program && line.starts_with('\t');
    if (same_program) read_module_text(line, info);
  });
  // "main: go1.9" is all that `go version` says of a program from before modules; a log may say so too, and more.
  const bool alone = trim(rest).empty() && info.go_version.find(' ') == std::string::npos;
  return info.module || !info.settings.empty() || alone ? std::optional(std::move(info)) : std::nullopt;
}

}  // namespace weft::doctor
