#include "explorer/explorer.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "explorer/arena.h"

namespace model {
namespace {

constexpr std::size_t kTraceSteps = 120;  // shown of a failed execution, the last ones

std::uint32_t bit(int thread) noexcept { return std::uint32_t{1} << thread; }

bool covers(const StepClock& clock, const Event& event) noexcept {
  return clock[static_cast<std::size_t>(event.thread)] >= event.index;
}

void join(StepClock& into, const StepClock& from) noexcept {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] = std::max(into[i], from[i]);
}

}  // namespace

Explorer::Explorer(const Options& options, const std::function<void()>& setup) : options_(options), setup_(setup) {
  execution_.configure(options);
}

Report Explorer::explore() {
  const auto start = std::chrono::steady_clock::now();
  report_.name = options_.name;
  bool more = true;
  while (more) {
    depth_ = 0;
    thread_clock_ = {};
    redundant_ = false;
    execution_.run(setup_, *this);
    ++(redundant_ ? report_.redundant : report_.executions);
    report_.longest = std::max(report_.longest, depth_);
    report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!execution_.failure().empty()) {
      report_.failure = execution_.failure() + "\n" + trace();
      return report_;
    }
    more = advance();
    if (more && report_.seconds > options_.limit_seconds) return report_;
  }
  report_.complete = true;
  return report_;
}

bool Explorer::advance() {
  while (!nodes_.empty()) {
    Node& node = nodes_.back();
    if (node.choice + 1 < node.choices.size()) {
      ++node.choice;
      return true;
    }
    const int thread = node.event.thread;
    if (options_.reduction) {
      for (const Choice choice : node.choices) node.sleepers.push_back({thread, node.event.operation, choice});
    }
    node.done |= bit(thread);
    const std::uint32_t left = node.backtrack & node.enabled & ~node.done;
    if (left != 0) {
      node.event = Event{};
      node.event.thread = __builtin_ctz(left);
      node.choices.clear();
      node.choice = 0;
      return true;
    }
    nodes_.pop_back();
  }
  return false;
}

bool Explorer::next(int& thread, Choice& choice) {
  if (depth_ == options_.max_steps) {
    execution_.fail("an execution does not end");
    return false;
  }
  if (depth_ == nodes_.size() && !open_node()) {
    redundant_ = true;
    return false;
  }
  Node& node = nodes_[depth_];
  if (!execution_.can_run(node.event.thread)) {
    std::fputs("model: the setup or the code under test does not do the same each time\n", stderr);
    std::abort();
  }
  if (node.choices.empty()) waking_choices(node, node.event.thread, node.choices);
  if (node.choices.empty()) {
    redundant_ = true;
    return false;
  }
  thread = node.event.thread;
  choice = node.choices[node.choice];
  return true;
}

// Adds a node for the state that has been reached; false if everything that could be done here has been explored
// elsewhere.
bool Explorer::open_node() {
  Node node;
  if (depth_ > 0 && options_.reduction) inherit_sleepers(node);
  for (int i = 0; i < execution_.thread_count(); ++i) {
    if (execution_.can_run(i)) node.enabled |= bit(i);
  }
  const int previous = depth_ > 0 ? nodes_[depth_ - 1].event.thread : 0;
  for (int i = 0; i < execution_.thread_count() && node.event.thread < 0; ++i) {
    const int candidate = (previous + i) % execution_.thread_count();
    if ((node.enabled & bit(candidate)) == 0) continue;
    waking_choices(node, candidate, node.choices);
    if (!node.choices.empty()) node.event.thread = candidate;
  }
  if (node.event.thread < 0) return false;
  node.backtrack = options_.reduction ? bit(node.event.thread) : node.enabled;
  nodes_.push_back(std::move(node));
  return true;
}

// The outcomes of `thread`'s step that are not asleep.
void Explorer::waking_choices(const Node& node, int thread, std::vector<Choice>& choices) const {
  execution_.outcomes(thread, choices);
  std::erase_if(choices, [&](Choice choice) {
    return std::any_of(node.sleepers.begin(), node.sleepers.end(),
                       [&](const Sleeper& s) { return s.thread == thread && s.choice == choice; });
  });
}

void Explorer::inherit_sleepers(Node& node) const {
  const Node& parent = nodes_[depth_ - 1];
  for (const Sleeper& sleeper : parent.sleepers) {
    if (sleeper.thread == parent.event.thread) continue;
    if (commute(sleeper.operation, sleeper.choice, parent.event.operation, parent.event.choice)) {
      node.sleepers.push_back(sleeper);
    }
  }
}

void Explorer::made(Event& event) {
  Node& node = nodes_[depth_];
  StepClock& clock = thread_clock_[static_cast<std::size_t>(event.thread)];
  const bool replayed = depth_ + 1 < nodes_.size();
  if (!replayed) {
    event.index = clock[static_cast<std::size_t>(event.thread)] + 1;
    event.clock = clock;
    if (options_.reduction) analyse(event);
    event.clock[static_cast<std::size_t>(event.thread)] = event.index;
    node.event = event;
  }
  clock = node.event.clock;
  ++depth_;
}

// Orders the new step after those that it depends on, and finds its races: steps that it depends on directly and that
// could have come after it.
void Explorer::analyse(Event& event) {
  const StepClock before = event.clock;
  races_.clear();
  bool lock_race_found = event.operation.kind != Kind::kLock;
  for (std::size_t i = depth_; i-- > 0;) {
    const Event& earlier = nodes_[i].event;
    if (earlier.thread == event.thread) continue;
    if (!lock_race_found && earlier.operation.object == event.operation.object &&
        is_acquisition(earlier.operation, earlier.choice)) {
      lock_race_found = true;
      if (!covers(before, earlier)) note_race(i, event, before);
    }
    if (covers(event.clock, earlier)) continue;
    if (reversible(earlier, event)) races_.push_back(i);
    if (ordered(earlier, event)) join(event.clock, earlier.clock);
  }
  for (const std::size_t i : races_) note_race(i, event, event.clock);
}

// Makes sure that at node `first` somebody is run with whom an execution begins in which `second` comes before what was
// run there. `clock` is what comes before `second`.
void Explorer::note_race(std::size_t first, const Event& second, const StepClock& clock) {
  Node& node = nodes_[first];
  const Event& reversed = node.event;
  std::uint32_t initials = 0;
  std::uint32_t seen = 0;
  between_.clear();
  const auto consider = [&](int thread, const StepClock& thread_clock) {
    if ((seen & bit(thread)) != 0) return;
    seen |= bit(thread);
    const bool initial =
        std::none_of(between_.begin(), between_.end(), [&](const Event* e) { return covers(thread_clock, *e); });
    if (initial) initials |= bit(thread);
  };
  for (std::size_t k = first + 1; k < depth_; ++k) {
    const Event& event = nodes_[k].event;
    if (covers(event.clock, reversed)) continue;
    consider(event.thread, event.clock);
    between_.push_back(&event);
  }
  consider(second.thread, clock);
  if ((initials & node.backtrack) != 0) return;
  const std::uint32_t runnable = initials & node.enabled;
  node.backtrack |= runnable == 0                          ? node.enabled
                    : (runnable & bit(second.thread)) != 0 ? bit(second.thread)
                                                           : runnable & (~runnable + 1);
}

std::string Explorer::trace() const {
  static const char* const kNames[] = {"load",       "store", "rmw",     "cas",    "fence", "compiler barrier",
                                       "membarrier", "lock",  "trylock", "unlock", "park",  "ready",
                                       "relax",      "choose"};
  std::string text;
  const std::size_t steps = std::min(depth_, nodes_.size());
  for (std::size_t i = steps > kTraceSteps ? steps - kTraceSteps : 0; i < steps; ++i) {
    const Event& event = nodes_[i].event;
    char line[160];
    int length = std::snprintf(line, sizeof line, "  %3zu  thread %d  %s", i, event.thread,
                               kNames[static_cast<int>(event.operation.kind)]);
    const auto rest = [&] { return line + length; };
    const auto room = [&] { return sizeof line - static_cast<std::size_t>(length); };
    if (event.operation.object >= 0) length += std::snprintf(rest(), room(), " #%d", event.operation.object);
    if (is_write(event.operation, event.choice))
      length += std::snprintf(rest(), room(), " writes stamp %d", event.written);
    if (event.choice != kSucceeds) length += std::snprintf(rest(), room(), " chooses %d", event.choice);
    text.append(line, static_cast<std::size_t>(length)).append("\n");
  }
  return text;
}

Report explore(const Options& options, const std::function<void()>& setup) {
  return Explorer(options, setup).explore();
}

}  // namespace model
