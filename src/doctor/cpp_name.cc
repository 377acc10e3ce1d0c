#include "doctor/cpp_name.h"

namespace weft::doctor {
namespace {

constexpr std::string_view kAnonymous = "(anonymous namespace)::";

// Behind the bracket that closes the one at `at`, or the end.
std::size_t skip_brackets(std::string_view text, std::size_t at) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '(' || c == '<' || c == '{' || c == '[') ++depth;
    const bool arrow = c == '>' && text[at - 1] == '-';
    if ((c == ')' || c == '>' || c == '}' || c == ']') && !arrow && --depth == 0) return at + 1;
  }
  return at;
}

// What follows `operator` is a name even where it looks like brackets: operator(), operator<, operator->.
bool ends_in_operator(std::string_view name) {
  constexpr std::string_view kWord = "operator";
  if (!name.ends_with(kWord)) return false;
  name.remove_suffix(kWord.size());
  return name.empty() || name.ends_with("::");
}

}  // namespace

std::string qualified_name(std::string_view demangled) {
  std::string name;
  for (std::size_t at = 0; at < demangled.size();) {
    const char c = demangled[at];
    if (ends_in_operator(name)) return name;
    if (demangled.substr(at).starts_with(kAnonymous)) {
      at += kAnonymous.size();
    } else if (c == ' ') {
      name.clear();  // what came was the return type
      ++at;
    } else if (c == '(') {
      at = skip_brackets(demangled, at);
      if (name == "decltype") continue;  // of a return type
      if (!demangled.substr(at).starts_with("::")) return name;
    } else if (c == '<' || c == '{' || c == '[') {
      if (c == '{') name += "{lambda}";
      at = skip_brackets(demangled, at);
    } else {
      name += c;
      ++at;
    }
  }
  return name;
}

}  // namespace weft::doctor
