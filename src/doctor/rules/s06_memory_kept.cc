// S06: memory that the program no longer uses and has not given back.
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kLeastResident = 256e6;
constexpr double kUnusedShare = 0.5;
constexpr double kIdleRate = 0.01;  // of the resident memory, allocated each second
constexpr double kFallsByItselfSeconds = 300;

std::optional<double> resident(const Case& service) {
  if (!service.evidence.process.empty() && service.evidence.process.back().resident_bytes) {
    const ProcessState& state = service.evidence.process.back();
    return *state.resident_bytes - state.lazy_free_bytes.value_or(0);
  }
  return service.tail.last("process/resident:bytes");
}

Judgement judge(const Case& service) {
  const auto in_memory = resident(service);
  const auto free = service.tail.last("/memory/classes/heap/free:bytes");
  const auto objects = service.tail.last("/memory/classes/heap/objects:bytes");
  const auto live = service.tail.last("/gc/heap/live:bytes");
  const auto allocating = service.tail.rate("/gc/heap/allocs:bytes");
  if (!in_memory || !free || !allocating) {
    return Judgement::cannot("resident memory, the heap's free part, or two looks at the allocation rate are not known",
                             "two looks at /metrics, or a URL");
  }
  const double uncollected = objects && live ? std::max(0.0, *objects - *live) : 0;
  const double unused = *free + uncollected;
  std::string seen =
      fmt::format("resident {}, of the heap {} free and {} not collected yet, allocating {}/s", bytes(*in_memory),
                  bytes(*free), live ? bytes(uncollected) : "an unknown part", bytes(*allocating));
  const double least = kUnusedShare * *in_memory;
  if (*in_memory < kLeastResident || *allocating > kIdleRate * *in_memory) return Judgement::healthy(std::move(seen));
  if (unused < least) {
    if (live || *free + objects.value_or(0) < least) return Judgement::healthy(std::move(seen));
    return Judgement::cannot(
        fmt::format("{} of objects are in an idle heap, and how many of them are live is not known", bytes(*objects)),
        "/gc/heap/live:bytes in /metrics: client_golang's collectors.MetricsAll");
  }

  Finding finding;
  finding.rule = "S06";
  finding.headline = fmt::format("{} are kept that nothing uses: {} are resident", bytes(unused), bytes(*in_memory));
  finding.evidence.push_back("metrics: " + seen);
  finding.action = "debug.FreeOSMemory() once after the batch, or a GOMEMLIMIT near what the idle program needs";
  finding.gain_text = "measured: 937 to 8.7 MB within 60 ms";
  finding.gap = "never in a loop: each call is a full collection, and the next batch pays for the pages again";
  const auto last_gc = service.tail.last("gc/last:seconds");
  const auto& states = service.evidence.process;
  const auto now = states.empty() ? std::nullopt : states.back().unix_seconds;
  if (last_gc && now && *now - *last_gc < kFallsByItselfSeconds) {
    finding.evidence.push_back(
        fmt::format("the last collection was {} ago: an idle Go program gives most of it back by itself "
                    "within 4 to 5 minutes, so look again then",
                    duration(*now - *last_gc)));
  } else {
    finding.evidence.push_back(
        "an idle Go program gives most of it back by itself within 4 to 5 minutes: look again then");
  }
  return Judgement::fires(std::move(finding));
}

}  // namespace

const Rule kS06 = {
    {.id = "S06",
     .title = "memory never returned",
     .question = "Does an idle program keep memory that nothing uses?",
     .evidence =
         "Resident memory without what the kernel may take lazily; the heap's free part; objects that are dead and not "
         "collected; the allocation rate over the last second of the looks, or more.",
     .fires = "More than 256 MB resident, more than half of it unused, and less than 1% of it allocated each second.",
     .lever = "debug.FreeOSMemory() once after the batch; GOMEMLIMIT.",
     .gain = "Measured: 937 to 8.7 MB in 60 ms. By itself it took 241 s in Go 1.27: two forced collections and the "
             "scavenger.",
     .refuse = "The next batch comes within minutes; nobody needs the memory; the peak is what it always uses.",
     .gap = "FreeOSMemory in a loop.",
     .references = "golang/go#33376"},
    &judge};

}  // namespace weft::doctor
