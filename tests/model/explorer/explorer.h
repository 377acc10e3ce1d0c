// explorer/explorer.h: goes through the executions of a model, each once as far as it can tell them apart.
//
// Two executions that differ in the order of steps that commute are one. The search is depth first, with dynamic
// partial-order reduction: it makes an execution, finds in it the pairs of steps whose other order may matter, and
// notes at the first one's node whom to run there instead (source sets); sleep sets keep it from making an
// execution again that it has made in another order. What a load reads is a choice of its own at its node.
//
// INVARIANTS [explorer.I1] nodes_[0..depth) is the trace of the execution that runs now
//            [explorer.I2] a node's `backtrack` holds who is yet to be run there, or has been
//            [explorer.I3] a sleeper's step, made now, gives an execution that has been explored; it sleeps until a
//                          step that does not commute with it is made
//            [explorer.I4] without reduction every order and every outcome is made: explorer_model.cc compares the two
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "explorer/execution.h"
#include "explorer/model.h"

namespace model {

class Explorer final : public Driver {
 public:
  Explorer(const Options& options, const std::function<void()>& setup);
  Report explore();

  bool next(int& thread, Choice& choice) override;
  void made(Event& event) override;

 private:
  struct Sleeper {
    int thread;
    Operation operation;
    Choice choice;
  };
  struct Node {
    std::uint32_t enabled = 0;
    std::uint32_t backtrack = 0;
    std::uint32_t done = 0;
    std::vector<Sleeper> sleepers;
    std::vector<Choice> choices;  // of the thread that runs here; empty: not yet known
    std::size_t choice = 0;
    Event event;
  };

  bool advance();  // to the next execution; false: there is none
  bool open_node();
  void waking_choices(const Node& node, int thread, std::vector<Choice>& choices) const;
  void inherit_sleepers(Node& node) const;
  void analyse(Event& event);
  void note_race(std::size_t first, const Event& second, const StepClock& clock);
  std::string trace() const;

  Options options_;
  const std::function<void()>& setup_;
  Execution execution_;
  std::vector<Node> nodes_;
  std::size_t depth_ = 0;
  std::array<StepClock, kMaxThreads> thread_clock_{};
  std::vector<std::size_t> races_;
  std::vector<const Event*> between_;
  Report report_;
  bool redundant_ = false;
};

}  // namespace model
