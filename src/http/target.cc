#include "http/target.h"

#include <vector>

namespace weft::http {

SplitTarget split(std::string_view target) noexcept {
  if (const std::size_t authority = target.find("://");
      !target.starts_with('/') && authority != std::string_view::npos && authority < target.find('?')) {
    const std::size_t path = target.find_first_of("/?", authority + 3);
    if (path == std::string_view::npos) return {"/", {}};
    if (target[path] == '?') return {"/", target.substr(path + 1)};
    target.remove_prefix(path);
  }
  if (target == "*") return {target, {}};
  if (!target.starts_with('/')) return {};
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

bool needs_cleaning(std::string_view path) noexcept {
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
    const std::string_view rest = path.substr(slash + 1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    if (segment == "." || segment == ".." || (segment.empty() && !rest.empty())) return true;
  }
  return false;
}

std::string cleaned(std::string_view path) {
  std::vector<std::string_view> kept;
  bool ends_in_slash = false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    ends_in_slash = segment.empty() || segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!ends_in_slash) kept.push_back(segment);
  }
  std::string result;
  for (const std::string_view segment : kept) {
    result += '/';
    result += segment;
  }
  if (ends_in_slash || result.empty()) result += '/';
  return result;
}

}  // namespace weft::http
