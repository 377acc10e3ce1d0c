// S12: a recursive function on fresh goroutines.
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr int kDeep = 8;
constexpr double kRecursive = 0.30;  // of the stacks that grow

}  // namespace

void name_deep_recursion(const Case& service, Finding& finding) {
  const CpuShares& cpu = *service.cpu;
  const Share deep = cpu.repeating_user_function(FrameClass::kGrow, kDeep);
  const Share fresh = cpu.any(FrameClass::kNewGoroutine);
  finding.evidence.push_back(
      fmt::format("CPU profile: in {} of the copied stacks one function stands {} times or more; "
                  "starting goroutines {} of CPU",
                  percent(deep), kDeep, percent(fresh)));
  finding.gap =
      "an iterative parser must refuse what the recursive one refused: closing delimiters off by one, depth limits";
  if (deep.value() > kRecursive) {
    finding.scenario = "S12";
    finding.action =
        "make the recursion a loop with a stack of its own, or run it on workers whose stacks have grown already";
    finding.gain_text = "measured on a parser of 60 levels on fresh goroutines: 9 times the work done";
    return;
  }
  finding.action = "let long-lived workers do what short-lived goroutines with deep calls do";
  finding.gain_text = "what the copying takes; in one production service 7.4% of the CPU";
}

const Rule kS12 = {{.id = "S12",
                    .title = "deep recursion",
                    .question = "Does recursion make fresh stacks grow?",
                    .evidence = "CPU profile: one user function 8 times or more in the stacks that are copied.",
                    .fires = "R3 fires, and it is so in more than 30% of those stacks.",
                    .lever = "A loop with a stack of its own; or workers that keep their stacks.",
                    .gain = "Measured: 2.2 M to 20 M parses in 6 s.",
                    .refuse = "Input that is shallow and trusted.",
                    .gap = "Depth limits, and the errors at unbalanced delimiters.",
                    .references = "weft lab run 12"},
                   nullptr};

}  // namespace weft::doctor
