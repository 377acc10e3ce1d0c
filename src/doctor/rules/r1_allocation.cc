// R1: the allocator and what cleans up after it take the CPU.
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr FrameClass kMemory = FrameClass::kAlloc | FrameClass::kGcAll;
constexpr double kFiresTogether = 0.20;  // allocation and collection
constexpr double kFiresAlone = 0.05;     // allocation of it
constexpr double kHigh = 0.35;
constexpr double kBoxed = 0.25;  // of the allocator's share
constexpr double kBoxing = 0.03;

bool is_boxing(const CpuShares& cpu) {
  const double alloc = cpu.any(FrameClass::kAlloc).value();
  const Share box = cpu.any(FrameClass::kBox);
  return alloc > 0 && box.value() / alloc > kBoxed && box.lower() > kBoxing;
}

Judgement judge(const Case& service) {
  if (!service.gates.cpu) return no_cpu_shares(service);
  const CpuShares& cpu = *service.cpu;
  const Share together = cpu.any(kMemory), alloc = cpu.any(FrameClass::kAlloc);
  const std::string seen = fmt::format("allocation {} and collection {} of CPU, together {}", percent(alloc),
                                       percent(cpu.any(FrameClass::kGcAll)), percent(together));
  if (together.lower() <= kFiresTogether || alloc.lower() <= kFiresAlone) return Judgement::healthy(seen);

  Finding finding;
  finding.rule = "R1";
  finding.severity = graded(together.value(), kHigh);
  finding.headline = fmt::format("{} of the CPU goes to allocating memory and collecting it again", percent(together));
  finding.evidence.push_back(fmt::format("CPU profile: {} ({} samples)", seen, cpu.total()));
  const auto objects = service.window.rate("/gc/heap/allocs:objects");
  if (objects) {
    const double tiny = service.window.rate("/gc/heap/tiny/allocs:objects").value_or(0);
    finding.evidence.push_back(fmt::format("metrics: {} objects a second", count(*objects + tiny)));
  }
  finding.marks = kMemory;
  if (is_boxing(cpu)) {
    name_boxing(service, finding);
  } else {
    name_pipeline_allocation(service, finding);
  }
  mind_the_scale(service, finding);
  return Judgement::fires(std::move(finding));
}

}  // namespace

const Rule kR1 = {
    {.id = "R1",
     .title = "allocator hot",
     .question = "Do the allocator and the collector that it keeps busy take a large share of the CPU?",
     .evidence =
         "CPU profile: frames that allocate, in whatever function the Go release does it (1.27 compiles small "
         "allocations straight to runtime.mallocgcSmall..., so runtime.mallocgc alone shows a quarter of it), and "
         "frames that collect, write barriers and sweeping among them. Metrics: objects a second.",
     .fires = "The lower bound of both together is above 20%, and of allocation alone above 5%. High above 35%.",
     .lever = "S07 where more than a quarter of the allocation puts values behind interfaces, else S03.",
     .gain = "The share of the largest site, and at most its part of the collection beside it.",
     .refuse = "The objects are smaller than 32 bytes, or the sites are many and small, or the service is.",
     .gap = "A pooled object that is not reset shows one tenant's data to the next.",
     .references = "Go 1.24 and 1.27 release notes; https://go.dev/doc/gc-guide"},
    &judge};

}  // namespace weft::doctor
