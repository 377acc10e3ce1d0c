// S09: goroutines locked to threads, handing over through the kernel.
#include <algorithm>

#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kFires = 0.02;

// The hand-over itself runs on no goroutine's stack. A dump (debug=2) tells of each goroutine whether it is locked;
// without one those who use channels are named.
void say_where(const Case& service, Finding& finding) {
  for (const GoroutineDump& dump : service.evidence.dumps) {
    for (const DumpedGoroutines& at : dump.goroutines) {
      const auto user = std::ranges::find_if(at.stack, [](const std::string& name) {
        return !share_class(classify(name), FrameClass::kRuntime | FrameClass::kLibrary) && !is_go_library(name);
      });
      if (!at.locked_to_thread || user == at.stack.end()) continue;
      finding.evidence.push_back(fmt::format("{}: {} locked to a thread in {}", dump.source,
                                             at.count == 1 ? "a goroutine is" : fmt::format("{} are", at.count),
                                             *user));
    }
  }
  if (!finding.sites.empty()) return;
  finding.sites = sites_above(*service.cpu, FrameClass::kChan);
  if (!finding.sites.empty()) {
    finding.evidence.push_back(
        "the hand-over runs on no goroutine's stack; the places below are where channels are used");
  }
}

Judgement judge(const Case& service) {
  if (!service.gates.cpu) return no_cpu_shares(service);
  const CpuShares& cpu = *service.cpu;
  const Share locked = cpu.any(FrameClass::kLocked);
  const std::string seen = fmt::format("handing over to locked threads {} of CPU", percent(locked));
  if (locked.lower() <= kFires) return Judgement::healthy(seen);

  Finding finding;
  finding.rule = "R4";
  finding.scenario = "S09";
  finding.severity = graded(locked.value(), 0.2);
  finding.headline = fmt::format("{} of the CPU hands over to and from goroutines locked to a thread", percent(locked));
  finding.evidence.push_back(fmt::format("CPU profile: {} ({} samples)", seen, cpu.total()));
  finding.sites = sites_above(cpu, FrameClass::kLocked);
  say_where(service, finding);
  finding.marks = FrameClass::kLocked;
  finding.action =
      "run the whole loop on the locked goroutine and pass it batches; or unlock it, once the C side is known to "
      "keep nothing in its thread";
  finding.gain = locked.value();
  finding.gain_text = "measured: 10 times the operations";
  finding.gap = "OpenGL, Cocoa, ptrace and thread-local state in C need their thread: without it they crash under load";
  mind_the_scale(service, finding);
  return Judgement::fires(std::move(finding));
}

}  // namespace

const Rule kS09 = {
    {.id = "S09",
     .title = "pinned to a thread",
     .question = "Do goroutines that are locked to a thread talk to others so often that the hand-over shows?",
     .evidence = "CPU profile: runtime.startlockedm, runtime.stoplockedm.",
     .fires = "Their lower bound is above 2% of the CPU.",
     .lever = "The whole loop on the locked goroutine, batches in and out; or no lock, after a look at the C side.",
     .gain = "Measured: 0.41 M to 4.3 M operations.",
     .refuse = "Locking around a single call costs nothing that could be measured; that alone is no reason.",
     .gap = "C code that keeps state in its thread.",
     .references = "golang/go#21827, #18023; weft lab run 9"},
    &judge};

}  // namespace weft::doctor
