#include "app/app_log.h"

#include <algorithm>

namespace weft::app {

std::string quoted(std::string_view value) {
  const auto plain = [](char c) { return !base::is_control(c) && c != ' ' && c != '"' && c != '=' && c != '\\'; };
  if (!value.empty() && std::ranges::all_of(value, plain)) return std::string(value);
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += base::is_control(c) ? '?' : c;
  }
  return text + '"';
}

std::string quoted(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return quoted(std::string_view(e.what()));
  } catch (...) {
    return quoted(std::string_view("an exception of another type"));
  }
}

}  // namespace weft::app
