#include "doctor/intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <system_error>
#include <utility>

#include "doctor/bundle.h"
#include "doctor/expvar.h"

namespace weft::doctor {
namespace {

// "name value" or "name{...} value" and nothing more: no time, no exemplar.
bool lacks_time(std::string_view line) {
  constexpr std::string_view kBlanks = " \t";
  if (line.empty() || line.front() == '#') return false;
  const std::size_t brace = line.rfind('}');
  std::string_view rest = brace == std::string_view::npos ? line : line.substr(brace + 1);
  if (brace == std::string_view::npos) rest.remove_prefix(std::min(rest.find_first_of(kBlanks), rest.size()));
  const std::size_t value = rest.find_first_not_of(kBlanks);
  return value != std::string_view::npos && rest.find_first_of(kBlanks, value) == std::string_view::npos;
}

}  // namespace

Intake::Intake(Evidence& evidence, std::filesystem::path folder) : evidence_(evidence), folder_(std::move(folder)) {
  if (!folder_.empty()) std::filesystem::create_directories(folder_);
}

void Intake::take(const std::string& name, std::string_view suffix, std::string_view bytes) {
  keep(name + std::string(suffix), bytes);
  add_content(evidence_, name, bytes);
}

void Intake::take_metrics(const std::string& name, std::string_view page, double unix_seconds) {
  const std::size_t before = evidence_.metrics.size();
  take(name, ".prom", stamped_page(page, unix_seconds));
  // A page of which no sample could be stamped has its time all the same.
  for (std::size_t i = before; i < evidence_.metrics.size(); ++i) {
    if (!evidence_.metrics[i].unix_seconds) evidence_.metrics[i].unix_seconds = unix_seconds;
  }
}

void Intake::take_expvar(const std::string& name, std::string_view page, double unix_seconds) {
  take(name, ".json", stamped_expvar(page, unix_seconds));
}

void Intake::keep_process(const std::string& name, const FileTexts& files, double unix_seconds) const {
  if (folder_.empty()) return;
  boost::json::object texts;
  for (const auto& [path, text] : files) texts[path] = path.ends_with("/environ") ? kept_environment() : text;
  const boost::json::object capture{{"unix_nano", std::llround(unix_seconds * 1e9)}, {"proc", std::move(texts)}};
  keep(name + ".json", boost::json::serialize(capture));
}

// As /proc writes it.
std::string Intake::kept_environment() const {
  std::string text;
  if (evidence_.process.empty()) return text;
  for (const auto& [name, value] : evidence_.process.back().environment) text += name + "=" + value + '\0';
  return text;
}

void Intake::keep(const std::string& file_name, std::string_view bytes) const {
  if (folder_.empty()) return;
  const std::filesystem::path path = folder_ / file_name;
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file) throw std::system_error(errno == 0 ? EIO : errno, std::generic_category(), path.string());
}

std::string stamped_expvar(std::string_view page, double unix_seconds) {
  const std::size_t brace = page.find_first_not_of(" \t\r\n");
  if (brace == std::string_view::npos || page[brace] != '{') return std::string(page);
  const std::string_view members = page.substr(brace + 1);
  const std::size_t first = members.find_first_not_of(" \t\r\n");
  const bool none = first == std::string_view::npos || members[first] == '}';
  return fmt::format("{{\"{}\": {}{}{}", kExpvarTime, std::llround(unix_seconds * 1e9), none ? "" : ", ", members);
}

std::string stamped_page(std::string_view page, double unix_seconds) {
  const bool open_metrics = page.substr(0, page.find_last_not_of(" \r\n") + 1).ends_with("# EOF");
  const std::string stamp =
      open_metrics ? fmt::format(" {:.3f}", unix_seconds) : fmt::format(" {:.0f}", unix_seconds * 1000);
  std::string stamped;
  while (!page.empty()) {
    const std::size_t end = std::min(page.find('\n'), page.size());
    std::string_view line = page.substr(0, end);
    page.remove_prefix(std::min(end + 1, page.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    stamped += line;
    if (lacks_time(line)) stamped += stamp;
    stamped += '\n';
  }
  return stamped;
}

}  // namespace weft::doctor
