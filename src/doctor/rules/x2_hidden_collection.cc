// X2: what collection costs beside the marking that everybody looks at.
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kRemarkable = 0.10;

// A remark and no finding: R2 has the lever.
Judgement judge(const Case& service) {
  if (!service.gates.cpu) return no_cpu_shares(service);
  const CpuShares& cpu = *service.cpu;
  const double hidden =
      cpu.any(FrameClass::kGcAll).value() - cpu.any(FrameClass::kGcBackground | FrameClass::kAssist).value();
  Judgement judgement = Judgement::healthy(fmt::format("write barriers and sweeping {} of CPU", percent(hidden)));
  if (hidden > kRemarkable) {
    judgement.seen += ": not little, see the remark; whether to act on it is R2's to say";
    judgement.notes.push_back(
        fmt::format("{} of the CPU is write barriers and sweeping, which no GC metric counts: fewer "
                    "collections (S05), or fewer pointers written while one runs, take it away",
                    percent(hidden)));
  }
  return judgement;
}

}  // namespace

const Rule kX2 = {{.id = "X2",
                   .title = "hidden cost of collection",
                   .question = "Does collection cost more than its metrics say?",
                   .evidence = "CPU profile: all collection without background marking and assists.",
                   .fires = "Never: above 10% of the CPU it is remarked on, and R2 decides.",
                   .lever = "That of S05.",
                   .gain = "Measured: 18% of the CPU in write barriers of a pipeline.",
                   .refuse = "Nothing to act on by itself.",
                   .gap = "None.",
                   .references = "weft doctor explain R2"},
                  &judge};

}  // namespace weft::doctor
