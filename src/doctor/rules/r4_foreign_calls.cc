// R4: going over to C and back.
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kInC = 0.05;
constexpr double kCrossingOfC = 0.30;
constexpr double kCrossing = 0.05;
constexpr double kMostlyWork = 0.10;

Judgement judge(const Case& service) {
  if (!service.gates.cpu) return no_cpu_shares(service);
  const CpuShares& cpu = *service.cpu;
  const Share in_c = cpu.any(FrameClass::kCgo), crossing = cpu.any(FrameClass::kCross);
  const double crossing_of_c = in_c.hits > 0 ? crossing.value() / in_c.value() : 0;
  const std::string seen =
      fmt::format("calls of C {} of CPU, of which {} is the crossing", percent(in_c), percent(crossing_of_c));
  if (in_c.lower() <= kInC || crossing_of_c <= kCrossingOfC || crossing.value() <= kCrossing) {
    Judgement judgement = Judgement::healthy(seen);
    if (in_c.lower() > kInC && crossing_of_c < kMostlyWork) {
      judgement.notes.push_back(seen +
                                ": the C code itself is hot, and batching will not help. Look into it with perf");
    }
    return judgement;
  }

  Finding finding;
  finding.rule = "R4";
  finding.severity = graded(crossing.value(), 0.2);
  finding.headline =
      service.evidence.is_weft
          ? fmt::format("{} of the CPU goes into entering and leaving weft::blocking()", percent(crossing))
          : fmt::format("{} of the CPU goes into crossing over to C and back", percent(crossing));
  finding.evidence.push_back(fmt::format("CPU profile: {} ({} samples)", seen, cpu.total()));
  finding.sites = sites_above(cpu, FrameClass::kCgo);
  finding.marks = FrameClass::kCross;
  name_foreign_call_per_item(service, finding);
  mind_the_scale(service, finding);
  return Judgement::fires(std::move(finding));
}

}  // namespace

const Rule kR4 = {
    {.id = "R4",
     .title = "foreign calls hot",
     .question = "Does the way into C and back cost more than what is done there?",
     .evidence =
         "CPU profile: runtime.cgocall, and inside of it entersyscall and exitsyscall. C's own time is charged to "
         "cgocall, so that alone says nothing: it was 98.7% in a program that crosses once for 1,000 items.",
     .fires =
         "The lower bound of calls is above 5% of the CPU, crossings are above 30% of them and above 5% of the CPU.",
     .lever = "S04.",
     .gain = "What the crossings take.",
     .refuse = "Crossings below 10% of the calls: the C code is hot.",
     .gap = "The error of each item of a batch.",
     .references = "golang/go#19574"},
    &judge};

}  // namespace weft::doctor
