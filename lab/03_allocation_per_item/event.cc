#include "lab/03_allocation_per_item/event.h"

#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace lab {

void Event::reset() noexcept {
  id = amount_cents = 0;
  bucket = score = 0;
  user.clear();
  kind.clear();
  note.clear();
  tags.clear();
}

void Event::enrich() noexcept {
  std::uint64_t hash = 14695981039346656037u;
  for (char c : user) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  bucket = hash & 1023;
}

void Event::rate() noexcept {
  score = static_cast<std::uint64_t>(amount_cents) * kind.size() + note.size() + bucket;
  for (const std::string& tag : tags) score = score * 31 + tag.size();
}

void parse_event(simdjson::ondemand::parser& parser, simdjson::padded_string_view line, Event& event) {
  simdjson::ondemand::document document = parser.iterate(line);
  for (auto field : document.get_object()) {
    const std::string_view key = field.unescaped_key();
    if (key == "id") {
      event.id = field.value().get_int64();
    } else if (key == "user") {
      event.user = std::string_view(field.value().get_string());
    } else if (key == "kind") {
      event.kind = std::string_view(field.value().get_string());
    } else if (key == "amount_cents") {
      event.amount_cents = field.value().get_int64();
    } else if (key == "tags") {
      event.tags.clear();
      for (auto tag : field.value().get_array()) event.tags.emplace_back(std::string_view(tag.get_string()));
    } else if (key == "note") {
      event.note = std::string_view(field.value().get_string());
    }
  }
}

Payload Payload::read(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": not readable");
  Payload result;
  simdjson::ondemand::parser parser;
  for (std::string line; std::getline(file, line);) {
    result.padded.emplace_back(line);
    parse_event(parser, result.padded.back(), result.records.emplace_back());
    result.lines.push_back(std::move(line));
  }
  return result;
}

std::string Sink::checksum() const {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(checksum_));
  return digits;
}

void Sink::note_block() {
  const Clock::time_point now = Clock::now();
  blocks_.push_back((now - last_block_).count());
  last_block_ = now;
}

}  // namespace lab
