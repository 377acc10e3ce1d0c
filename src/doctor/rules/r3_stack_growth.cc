// R3: stacks grow by being copied.
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kFires = 0.01;
constexpr double kHigh = 0.05;
constexpr double kRemarkable = 0.02;  // preemption that a reader may take for growth

Judgement judge(const Case& service) {
  if (!service.gates.cpu) return no_cpu_shares(service);
  const CpuShares& cpu = *service.cpu;
  const Share grow = cpu.any(FrameClass::kGrow), preempt = cpu.any(FrameClass::kPreempt);
  const std::string preemption = fmt::format(
      "morestack and newstack without a copy are {} of CPU: that is preemption, no growth", percent(preempt));
  if (grow.lower() <= kFires) {
    Judgement judgement = Judgement::healthy(fmt::format("copying stacks {} of CPU", percent(grow)));
    if (preempt.value() > kRemarkable) judgement.notes.push_back(preemption);
    return judgement;
  }

  Finding finding;
  finding.rule = "R3";
  finding.severity = graded(grow.value(), kHigh);
  finding.headline = fmt::format("{} of the CPU copies goroutine stacks to larger ones", percent(grow));
  finding.evidence.push_back(fmt::format("CPU profile: copying stacks {} ({} samples)", percent(grow), cpu.total()));
  if (preempt.value() > kRemarkable) finding.evidence.push_back("CPU profile: " + preemption);
  if (const auto initial = service.window.last("/gc/stack/starting-size:bytes"))
    finding.evidence.push_back(fmt::format("metrics: stacks begin with {:.0f} bytes", *initial));
  finding.sites = sites_above(cpu, FrameClass::kGrow);
  finding.marks = FrameClass::kGrow;
  finding.gain = grow.value();
  name_deep_recursion(service, finding);
  mind_the_scale(service, finding);
  return Judgement::fires(std::move(finding));
}

}  // namespace

const Rule kR3 = {
    {.id = "R3",
     .title = "stack growth",
     .question = "Do goroutines outgrow their stacks so often that the copying shows?",
     .evidence =
         "CPU profile: runtime.copystack. Not runtime.morestack: at the root it is a request to give way, and 3 to 4% "
         "of it is normal.",
     .fires = "The lower bound of copying is above 1% of the CPU. High above 5%.",
     .lever = "S12 where one function calls itself; else let workers that keep their stacks do what short-lived "
              "goroutines do.",
     .gain = "What the copying takes.",
     .refuse = "Only preemption shows.",
     .gap = "Input that is not trusted needs a depth limit whatever the stack's size.",
     .references = "golang/go#18138, #25943"},
    &judge};

}  // namespace weft::doctor
