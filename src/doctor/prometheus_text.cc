#include "doctor/prometheus_text.h"

#include <algorithm>
#include <array>
#include <map>

#include "doctor/text_scan.h"
#include "doctor/unreadable.h"

namespace weft::doctor {
namespace {

constexpr std::size_t kMostSamples = 1'000'000;
constexpr std::size_t kMostLabels = 128;  // of one sample

bool is_name_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
}

// "\\", "\n" and, in label values, "\"".
std::string unescape(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    const char escaped = text[++i];
    if (escaped != 'n' && escaped != '"' && escaped != '\\') plain += '\\';
    plain += escaped == 'n' ? '\n' : escaped;
  }
  return plain;
}

// Throws Unreadable with what is wrong with the line.
class LineParser {
 public:
  LineParser(std::string_view line, bool open_metrics) : at_(line), open_metrics_(open_metrics) {}

  PrometheusSample sample() {
    PrometheusSample sample;
    sample.name = std::string(name());
    if (at_.skip("{")) labels(sample);
    if (sample.name.empty()) throw Unreadable("no name");
    at_.skip_blanks();
    const auto value = parse_number(at_.word());
    if (!value) throw Unreadable("no value");
    sample.value = *value;
    at_.skip_blanks();
    if (at_.at_end() || at_.rest().front() == '#') return sample;  // what follows '#' is an example of an observation
    const auto time = parse_number(at_.word());
    if (!time) throw Unreadable("no timestamp where one should be");
    sample.unix_seconds = open_metrics_ ? *time : *time / 1000;
    return sample;
  }

 private:
  std::string_view name() {
    const std::string_view rest = at_.rest();
    std::size_t length = 0;
    while (length < rest.size() && is_name_character(rest[length])) ++length;
    at_.skip(rest.substr(0, length));
    return rest.substr(0, length);
  }

  // A name in quotes stands first in the braces: `{"a.b", x="y"} 1` (Prometheus 3).
  void labels(PrometheusSample& sample) {
    while (true) {
      at_.skip_blanks();
      if (at_.skip("}")) return;
      if (sample.name.empty() && at_.rest().starts_with('"')) {
        sample.name = quoted();
      } else {
        label(sample);
      }
      at_.skip_blanks();
      if (!at_.skip(",") && !at_.rest().starts_with('}')) throw Unreadable("labels without an end");
    }
  }

  void label(PrometheusSample& sample) {
    std::string key = at_.rest().starts_with('"') ? quoted() : std::string(name());
    at_.skip_blanks();
    if (key.empty() || !at_.skip("=")) throw Unreadable("a label without a value");
    at_.skip_blanks();
    if (sample.labels.size() == kMostLabels) throw Unreadable("too many labels");
    sample.labels.emplace_back(std::move(key), quoted());
  }

  std::string quoted() {
    if (!at_.skip("\"")) throw Unreadable("a label's value without quotes");
    const std::string_view rest = at_.rest();
    std::size_t end = 0;
    while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2 : 1;
    if (end >= rest.size()) throw Unreadable("a label's value without an end");
    at_.skip(rest.substr(0, end + 1));
    return unescape(rest.substr(0, end));
  }

  Cursor at_;
  bool open_metrics_;
};

class PageReader {
 public:
  explicit PageReader(bool open_metrics) : open_metrics_(open_metrics) {}

  void line(std::string_view line) {
    ++line_number_;
    line = trim(line);
    if (line.empty()) return;
    try {
      if (line.front() == '#') {
        comment(line.substr(1));
      } else {
        sample(line);
      }
    } catch (const Unreadable& error) {
      if (page_.bad_lines++ == 0) {
        page_.first_bad_line = "line " + std::to_string(line_number_) + ": " + error.what();
      }
    }
  }

  PrometheusText finish() && { return std::move(page_); }

 private:
  void comment(std::string_view text) {
    Cursor at(text);
    at.skip_blanks();
    const bool type = at.skip("TYPE ");
    if (!type && !at.skip("HELP ")) return;
    at.skip_blanks();
    const std::string_view name = at.word();
    if (name.empty()) throw Unreadable("a comment without a name");
    PrometheusFamily* family = this->family(name);
    if (family == nullptr) return;
    at.skip_blanks();
    (type ? family->type : family->help) = unescape(trim(at.rest()));
  }

  void sample(std::string_view line) {
    PrometheusSample sample = LineParser(line, open_metrics_).sample();
    PrometheusFamily* family = family_of(sample.name);
    if (family == nullptr || page_.samples == kMostSamples) {
      page_.cut_off = true;
      return;
    }
    ++page_.samples;
    family->samples.push_back(std::move(sample));
  }

  PrometheusFamily* family(std::string_view name) {
    const auto found = index_.find(name);
    if (found != index_.end()) return &page_.families[found->second];
    if (page_.families.size() == kMostSamples) return nullptr;
    index_.emplace(name, page_.families.size());
    page_.families.emplace_back().name = std::string(name);
    return &page_.families.back();
  }

  PrometheusFamily* family_of(std::string_view sample_name) {
    static constexpr std::array<std::string_view, 7> kSuffixes{"_bucket", "_sum",     "_count", "_total",
                                                               "_info",   "_created", "_gcount"};
    for (const std::string_view suffix : kSuffixes) {
      if (!sample_name.ends_with(suffix)) continue;
      const auto found = index_.find(sample_name.substr(0, sample_name.size() - suffix.size()));
      if (found != index_.end() && takes_suffix(page_.families[found->second].type)) {
        return &page_.families[found->second];
      }
    }
    return family(sample_name);
  }

  // In 0.0.4 a counter is announced with its "_total", in OpenMetrics without.
  bool takes_suffix(std::string_view type) const {
    return type == "histogram" || type == "summary" || type == "gaugehistogram" ||
           (open_metrics_ && (type == "counter" || type == "info"));
  }

  bool open_metrics_;
  std::size_t line_number_ = 0;
  std::map<std::string, std::size_t, std::less<>> index_;
  PrometheusText page_;
};

}  // namespace

const std::string* PrometheusSample::label(std::string_view key) const noexcept {
  const auto found = std::find_if(labels.begin(), labels.end(), [&](const auto& label) { return label.first == key; });
  return found == labels.end() ? nullptr : &found->second;
}

const PrometheusFamily* PrometheusText::find(std::string_view family) const noexcept {
  const auto found = std::find_if(families.begin(), families.end(), [&](const auto& f) { return f.name == family; });
  return found == families.end() ? nullptr : &*found;
}

PrometheusText read_prometheus(std::string_view page) {
  PageReader reader(trim(page).ends_with("# EOF"));
  for_each_line(page, [&](std::string_view line) { reader.line(line); });
  return std::move(reader).finish();
}

}  // namespace weft::doctor
