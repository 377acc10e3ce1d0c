#include "doctor/symbol_group.h"

#include <cxxabi.h>
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "doctor/text_scan.h"

namespace weft::doctor {
namespace {

constexpr std::size_t kMostShown = 200;
constexpr std::size_t kMostSubstitutions = 16;  // each may double what the demangler writes
constexpr std::size_t kMostMangled = 2000;

// _ZTV..., _ZTI..., _ZGV...: of a class or variable. Thunks (_ZThn8_N...) carry offsets up to '_', twice for _ZTc.
void skip_special(Cursor& at) {
  for (const std::string_view kind : {"TV", "TI", "TS", "TT", "TW", "TH", "GV", "GR"}) {
    if (at.skip(kind)) return;
  }
  if (at.skip("Th") || at.skip("Tv")) {
    at.until('_');
    if (at.rest().find('_') < 8 && !at.rest().starts_with('N')) at.until('_');
  }
}

// "4weft": a length and so many letters.
std::string_view source_name(Cursor& at) {
  const std::string_view rest = at.rest();
  if (rest.empty() || rest.front() < '1' || rest.front() > '9') return {};
  const auto length = at.integer();
  if (!length || static_cast<std::uint64_t>(*length) > at.rest().size()) return {};
  const std::string_view name = at.rest().substr(0, static_cast<std::size_t>(*length));
  at.skip(name);
  return name;
}

std::string_view shown_scope(std::string_view name) {
  return name.starts_with("_GLOBAL__N") ? std::string_view("(anonymous)") : name;
}

std::string_view standard_scope(Cursor& at) {
  for (const std::string_view code : {"St", "Sa", "Ss", "Sb", "Si", "So", "Sd"}) {
    if (at.skip(code)) return "std";
  }
  return {};
}

// The readable scope and name, as far as plain names go: "weft::sched::park".
std::vector<std::string_view> plain_names(std::string_view symbol, bool& nested) {
  std::vector<std::string_view> names;
  Cursor at(symbol);
  at.skip("_Z");
  skip_special(at);
  while (at.skip("Z")) continue;  // a local of a function: the function's names follow
  nested = at.skip("N");
  while (nested && (at.skip("K") || at.skip("V") || at.skip("R") || at.skip("O"))) continue;
  at.skip("L");  // internal linkage
  if (const std::string_view scope = standard_scope(at); !scope.empty()) {
    names.push_back(scope);
    nested = true;
  }
  for (std::string_view name = source_name(at); !name.empty(); name = source_name(at)) {
    names.push_back(shown_scope(name));
    at.skip("L");
  }
  return names;
}

bool may_grow_without_bound(std::string_view mangled) {
  std::size_t substitutions = 0;
  for (std::size_t i = 0; i + 1 < mangled.size(); ++i) {
    const char next = mangled[i + 1];
    const bool code = next == '_' || (next >= '0' && next <= '9') || (next >= 'A' && next <= 'Z');
    substitutions += (mangled[i] == 'S' || mangled[i] == 'T') && code ? 1 : 0;
  }
  return substitutions > kMostSubstitutions || mangled.size() > kMostMangled;
}

std::string cut(std::string_view text) {
  return text.size() <= kMostShown ? std::string(text) : std::string(text.substr(0, kMostShown - 3)) + "...";
}

bool is_runtime_data(std::string_view symbol) {
  return symbol.starts_with("go:") || symbol.starts_with("go.") || symbol.starts_with("runtime.gcbits") ||
         symbol.starts_with("gclocals");
}

}  // namespace

std::string go_package_of(std::string_view symbol) {
  if (symbol.starts_with("type:") || symbol.starts_with("type.") || symbol.starts_with("go:itab")) return "(types)";
  if (symbol.starts_with("$f")) return "(constants)";
  if (is_runtime_data(symbol)) return "(tables)";
  const std::string_view plain = symbol.substr(0, symbol.find('['));  // type arguments name other packages
  const std::string_view before_receiver = plain.substr(0, plain.find('('));
  const std::size_t slash = before_receiver.rfind('/');
  const std::size_t dot = plain.find('.', slash == std::string_view::npos ? 0 : slash);
  if (dot == std::string_view::npos || dot == 0) return "(C)";
  const std::string_view package = plain.substr(0, dot);
  return package == "_" ? "runtime" : std::string(package);  // "_.goready.func1"
}

std::string cpp_namespace_of(std::string_view symbol) {
  if (!symbol.starts_with("_Z")) return "(C)";
  bool nested = false;
  std::vector<std::string_view> names = plain_names(symbol, nested);
  if (!nested || names.empty()) return "(global)";
  if (names.front() == "std" || names.front() == "__gnu_cxx" || names.front() == "__cxxabiv1") return "std";
  if (names.size() > 1) names.pop_back();  // the thing itself
  std::string scope(names[0]);
  if (names.size() > 1) scope.append("::").append(names[1]);
  return cut(scope);
}

std::string readable_symbol(std::string_view symbol) {
  if (!symbol.starts_with("_Z")) return cut(symbol);
  if (!may_grow_without_bound(symbol)) {
    const std::string mangled(symbol);
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> readable(
        abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free);
    if (status == 0 && readable != nullptr) return cut(readable.get());
  }
  bool nested = false;
  std::string text;
  for (const std::string_view name : plain_names(symbol, nested)) {
    if (!text.empty()) text += "::";
    text += name;
  }
  return text.empty() ? cut(symbol) : cut(text + "...");
}

}  // namespace weft::doctor
