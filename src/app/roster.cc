#include "app/roster.h"

#include <algorithm>
#include <utility>

#include "weft/error.h"

namespace weft::app {
namespace {

// Walks from part to part by what each comes after. A part that is met again while its own walk goes on waits for
// itself.
class CycleSearch {
 public:
  CycleSearch(const std::vector<Part>& parts, const std::vector<std::vector<std::size_t>>& after)
      : parts_(parts), after_(after), state_(parts.size(), State::kUnseen) {}

  void run() {
    for (std::size_t i = 0; i < parts_.size(); ++i) visit(i);
  }

 private:
  enum class State { kUnseen, kOnTheWay, kDone };

  void visit(std::size_t part) {
    if (state_[part] == State::kDone) return;
    if (state_[part] == State::kOnTheWay) refuse(part);
    state_[part] = State::kOnTheWay;
    way_.push_back(part);
    for (const std::size_t before : after_[part]) visit(before);
    way_.pop_back();
    state_[part] = State::kDone;
  }

  [[noreturn]] void refuse(std::size_t part) const {
    std::string text = "weft::App: parts wait for each other: ";
    for (auto at = std::ranges::find(way_, part); at != way_.end(); ++at) text += parts_[*at].name + " after ";
    throw usage_error(text + parts_[part].name);
  }

  const std::vector<Part>& parts_;
  const std::vector<std::vector<std::size_t>>& after_;
  std::vector<State> state_;
  std::vector<std::size_t> way_;
};

}  // namespace

std::size_t index_of(const std::vector<Part>& parts, std::string_view name) noexcept {
  const auto found = std::ranges::find(parts, name, &Part::name);
  return static_cast<std::size_t>(found - parts.begin());
}

std::vector<std::vector<std::size_t>> start_order(const std::vector<Part>& parts,
                                                  const std::vector<Step>& validations) {
  std::vector<std::vector<std::size_t>> after(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (const std::string& name : parts[i].after) {
      const std::size_t before = index_of(parts, name);
      if (before < parts.size()) {
        after[i].push_back(before);
      } else if (std::ranges::find(validations, name, &Step::name) == validations.end()) {
        throw usage_error("weft::App: " + parts[i].name + " is to start after " + name + ", which is unknown");
      }
    }
  }
  CycleSearch(parts, after).run();
  return after;
}

Roster::Roster(AppOptions wanted) : options(wanted) {
  if (options.shutdown_timeout.count() <= 0) throw usage_error("weft::App: shutdown_timeout: allowed is above 0");
  if (options.drain_delay.count() < 0 || options.drain_delay >= options.shutdown_timeout)
    throw usage_error("weft::App: drain_delay: allowed is 0 to less than shutdown_timeout");
}

void Roster::admit(std::string_view what, const std::string& name) {
  std::string entry = std::string(what) + " " + name;
  if (running_) throw usage_error("weft::App: " + entry + ": too late, run() has begun");
  if (std::ranges::find(names_, entry) != names_.end()) throw usage_error("weft::App: " + entry + ": a second time");
  names_.push_back(std::move(entry));
}

void Roster::begin_run() {
  if (std::exchange(running_, true)) throw usage_error("weft::App::run: a second time");
  started_at_.assign(parts.size(), 0);
}

void Roster::add_hook(Hook hook) {
  if (hook.deadline.count() <= 0)
    throw usage_error("weft::App: on_shutdown " + hook.name + ": deadline: allowed is above 0");
  const std::scoped_lock guard(lock_);
  hook.place = hook.registered = ++places_;
  hooks_.push_back(std::move(hook));
}

void Roster::note_started(std::size_t part) {
  const std::scoped_lock guard(lock_);
  started_at_[part] = ++places_;
}

std::vector<Hook> Roster::hooks_to_run() {
  const std::scoped_lock guard(lock_);
  std::vector<Hook> wanted;
  for (const Hook& hook : hooks_) {
    const std::size_t part = index_of(parts, hook.name);
    if (part < parts.size() && started_at_[part] == 0) continue;
    wanted.push_back(hook);
    if (part < parts.size()) wanted.back().place = started_at_[part];
  }
  std::ranges::sort(wanted, [](const Hook& a, const Hook& b) {
    return std::pair(a.place, a.registered) > std::pair(b.place, b.registered);
  });
  return wanted;
}

}  // namespace weft::app
