// Scenario 3's event, the work of its four stages, and its input: the same in weft's two programs and in Go's two.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lab/support/program.h"

namespace lab {

/// What travels. A note is optional: an event without one must not show the note of an earlier event.
struct Event {
  std::int64_t id = 0;
  std::string user;
  std::string kind;
  std::int64_t amount_cents = 0;
  std::vector<std::string> tags;
  std::string note;
  std::uint64_t bucket = 0;
  std::uint64_t score = 0;

  /// Empties every field and keeps the memory behind them.
  void reset() noexcept;
  /// The second stage: the user's bucket (FNV-1a).
  void enrich() noexcept;
  /// The third stage: a score from every field.
  void rate() noexcept;
  friend bool operator==(const Event&, const Event&) = default;
};

/// The first stage: parses one line into `event`. Fields that the line does not have stay as they are.
void parse_event(simdjson::ondemand::parser& parser, simdjson::padded_string_view line, Event& event);

/// The input: the lines of the payload file, as text and ready for the parser, and the same parsed.
struct Payload {
  std::vector<std::string> lines;
  std::vector<simdjson::padded_string> padded;
  std::vector<Event> records;

  static Payload read(const std::string& path);
};

/// The fourth stage: a sum over all events, and how long each block of them took to arrive.
class Sink {
 public:
  explicit Sink(std::int64_t events) { blocks_.reserve(static_cast<std::size_t>(events) / kBlock + 1); }

  void start() { last_block_ = Clock::now(); }
  void take(const Event& event) {
    checksum_ += event.score ^ static_cast<std::uint64_t>(event.id);
    if (++count_ % kBlock == 0) note_block();
  }

  std::string checksum() const;
  double block_p99_us() { return static_cast<double>(percentile(blocks_, .99)) / 1e3; }

 private:
  static constexpr std::size_t kBlock = 256;

  void note_block();

  std::uint64_t checksum_ = 0;
  std::size_t count_ = 0;
  Clock::time_point last_block_ = Clock::now();
  std::vector<std::int64_t> blocks_;
};

}  // namespace lab
