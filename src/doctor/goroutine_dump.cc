#include "doctor/goroutine_dump.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "doctor/text_scan.h"
#include "doctor/unreadable.h"

namespace weft::doctor {
namespace {

constexpr std::size_t kMostFrames = 4096;  // of one stack
constexpr std::size_t kMostEntries = 1'000'000;
constexpr std::int64_t kMostGoroutines = 1'000'000'000;

// "goroutine 18 [chan receive, 5 minutes, locked to thread]:", with ` gp=0x... m=0 mp=0x...` or weft's ` "name"` before
// the bracket, and `{labels}` behind it.
struct Header {
  std::int64_t id = 0;
  std::string_view state;  // what stands in the brackets
};

std::optional<Header> read_header(std::string_view line) noexcept {
  Cursor at(line);
  if (!at.skip("goroutine ")) return std::nullopt;
  const auto id = at.integer();
  if (!id || *id < 0 || !at.skip(" ")) return std::nullopt;
  if (at.skip("\"")) {  // a name may hold anything: the state's bracket is the last
    const std::size_t bracket = at.rest().rfind(" [");
    if (bracket == std::string_view::npos) return std::nullopt;
    at.skip(at.rest().substr(0, bracket + 1));
  } else {
    const std::size_t bracket = at.rest().find('[');
    if (bracket == std::string_view::npos || bracket > 100) return std::nullopt;
    at.skip(at.rest().substr(0, bracket));
  }
  if (!at.skip("[")) return std::nullopt;
  const auto state = at.until(']');
  if (!state || at.rest().find(':') == std::string_view::npos) return std::nullopt;
  return Header{*id, *state};
}

bool remove_word(std::string_view& state, std::string_view word) noexcept {
  if (!state.ends_with(word)) return false;
  state.remove_suffix(word.size());
  return true;
}

// "5 minutes" or weft's "12 s".
std::optional<double> read_minutes(std::string_view part) noexcept {
  Cursor at(part);
  const auto number = at.number();
  if (!number || !at.skip(" ")) return std::nullopt;
  if (at.rest() == "minutes") return *number;
  return at.rest() == "s" ? std::optional(*number / 60) : std::nullopt;
}

void set_state(DumpedGoroutines& goroutines, std::string_view text) {
  bool first = true;
  for_each_part(text, ',', [&](std::string_view part) {
    part = trim(part);
    if (std::exchange(first, false)) {
      while (remove_word(part, " (scan)") || remove_word(part, " (durable)")) continue;
      goroutines.leaked = remove_word(part, " (leaked)");
      goroutines.state = std::string(part);
    } else if (part == "locked to thread" || part == "pinned to its thread") {
      goroutines.locked_to_thread = true;
    } else if (const auto minutes = read_minutes(part)) {
      goroutines.waiting_minutes = *minutes;
    }
  });
}

// Go prints arguments as numbers: "net.(*conn).Read(0x4b8d2fa4108, {0x4b8d31f0000?, 0x1000})". They are left out.
// C++'s are types, and belong to the name.
std::string_view without_arguments(std::string_view function) noexcept {
  if (!function.ends_with(')') || function.find("::") != std::string_view::npos) return function;
  const std::size_t open = function.rfind('(');
  if (open == std::string_view::npos || function.substr(0, open).find('.') == std::string_view::npos) return function;
  const std::string_view arguments = function.substr(open + 1, function.size() - open - 2);
  const bool numbers = arguments.find_first_not_of("0123456789abcdefx{}?., _") == std::string_view::npos;
  return numbers ? function.substr(0, open) : function;
}

bool is_no_frame(std::string_view line) noexcept {
  return line.starts_with("created by ") || line.starts_with("...") || line.starts_with("[") ||
         line.starts_with("goroutine running on other thread") || line.starts_with("goroutine in C code") ||
         line.starts_with("runtime: ");
}

class DumpReader {
 public:
  void line(std::string_view line) {
    if (const auto header = read_header(line)) {
      finish_entry();
      if (header->id == 0) return;  // a thread's own stack, not a goroutine
      open_ = true;
      set_state(current_, header->state);
    } else if (line.starts_with("goroutine profile: total ")) {
      finish_entry();
      groups_ = true;
    } else if (groups_) {
      group_line(line);
    } else if (open_) {
      frame_line(line);
    }
  }

  GoroutineDump finish() && {
    finish_entry();
    return std::move(dump_);
  }

 private:
  void frame_line(std::string_view line) {
    if (trim(line).empty()) {
      finish_entry();
    } else if (line.front() != '\t' && line.front() != ' ' && !is_no_frame(line)) {
      add_frame(without_arguments(line));
    }
  }

  // "2 @ 0x48c26a 0x44c097", then a line a frame: "#\t0x48b464\tinternal/poll.runtime_pollWait+0x84\t\tfile.go:351".
  void group_line(std::string_view line) {
    Cursor at(line);
    if (at.skip("#")) {
      at.skip_blanks();
      if (!open_ || !at.skip("0x")) return;  // labels, or a comment
      at.word();
      at.skip_blanks();
      const std::string_view function = at.rest().substr(0, at.rest().find('\t'));
      add_frame(trim(function.substr(0, function.rfind("+0x"))));
      return;
    }
    finish_entry();
    const auto count = at.integer();
    if (!count || *count <= 0 || *count > kMostGoroutines || !at.skip(" @")) return;
    current_.count = *count;
    open_ = true;
  }

  void add_frame(std::string_view function) {
    if (!function.empty() && current_.stack.size() < kMostFrames) current_.stack.emplace_back(function);
  }

  void finish_entry() {
    if (std::exchange(open_, false)) merge();
    current_ = {};
  }

  void merge() {
    std::string key = current_.state + (current_.locked_to_thread ? "\1" : "\2") + (current_.leaked ? "\1" : "\2");
    for (const std::string& function : current_.stack) (key += function) += '\n';
    const auto [at, fresh] = entries_.emplace(std::move(key), dump_.goroutines.size());
    if (!fresh) {
      DumpedGoroutines& same = dump_.goroutines[at->second];
      same.count += current_.count;
      same.waiting_minutes = std::max(same.waiting_minutes, current_.waiting_minutes);
    } else if (dump_.goroutines.size() < kMostEntries) {
      dump_.goroutines.push_back(std::move(current_));
    } else {
      entries_.erase(at);
    }
  }

  GoroutineDump dump_;
  std::unordered_map<std::string, std::size_t> entries_;
  DumpedGoroutines current_;
  bool open_ = false;
  bool groups_ = false;
};

}  // namespace

bool has_goroutine_dump(std::string_view text) noexcept {
  if (text.starts_with("goroutine profile: total ")) return true;
  for (std::size_t at = text.find("goroutine "); at != std::string_view::npos; at = text.find("goroutine ", at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    if (read_header(text.substr(at, text.find('\n', at) - at))) return true;
  }
  return false;
}

GoroutineDump read_goroutine_dump(std::string_view text) {
  DumpReader reader;
  for_each_line(text, [&](std::string_view line) { reader.line(line); });
  GoroutineDump dump = std::move(reader).finish();
  if (dump.goroutines.empty() && !text.starts_with("goroutine profile: total 0")) {
    throw Unreadable("a dump without a goroutine");
  }
  return dump;
}

}  // namespace weft::doctor
