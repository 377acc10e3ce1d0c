// S05: the collector runs too often for its heap: a large live heap (a), a tiny one (b), or a limit that is too tight
// (c).
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kTinyGoalBytes = 64 * 1048576.0;
constexpr double kTinyCyclesPerSecond = 10;
constexpr double kMarkingShare = 0.08;

bool limit_is_too_tight(const Case& service) {
  if (!service.memory_limit_bytes || std::isinf(*service.memory_limit_bytes)) return false;
  const double limit = *service.memory_limit_bytes;
  const auto total = service.window.last("/memory/classes/total:bytes");
  const double released = service.window.last("/memory/classes/heap/released:bytes").value_or(0);
  const bool full = total && *total - released > 0.9 * limit;
  const bool limited = service.window.delta("/gc/limiter/last-enabled:gc-cycle").value_or(0) > 0;
  const bool assists = service.cpu && service.cpu->any(FrameClass::kAssist).value() >
                                          service.cpu->any(FrameClass::kGcBackground).value();
  const bool often = service.gc_cycles_per_second.value_or(0) > 1;
  return (full || limited) && (assists || often || limited) && service.heap_live_bytes.value_or(0) > 0.5 * limit;
}

bool heap_is_tiny(const Case& service) {
  return service.heap_goal_bytes && *service.heap_goal_bytes < kTinyGoalBytes &&
         service.gc_cycles_per_second.value_or(0) > kTinyCyclesPerSecond;
}

bool heap_is_large(const Case& service) {
  if (!service.heap_live_bytes || *service.heap_live_bytes <= kTinyGoalBytes) return false;
  return !service.gates.cpu ||
         service.cpu->any(FrameClass::kGcBackground | FrameClass::kAssist).value() > kMarkingShare;
}

// The memory that the process may take: of its container, else of the machine.
std::optional<double> memory_cap(const Case& service) {
  for (auto state = service.evidence.process.rbegin(); state != service.evidence.process.rend(); ++state) {
    if (state->memory_limit_bytes && std::isfinite(*state->memory_limit_bytes)) return state->memory_limit_bytes;
    if (state->machine_memory_bytes) return state->machine_memory_bytes;
  }
  return std::nullopt;
}

bool limit_sets_the_pace(const Case& service) {
  return service.gogc_percent && std::isinf(*service.gogc_percent) && service.memory_limit_bytes &&
         std::isfinite(*service.memory_limit_bytes);
}

// GOGC is off already: the limit is the lever that is left.
void advise_more_room(const Case& service, Finding& finding) {
  constexpr double kTwiceTheRoom = 0.5;
  const double limit = *service.memory_limit_bytes;
  const auto cap = memory_cap(service);
  finding.headline +=
      fmt::format(", marking a live heap of {} each time that the limit is reached", bytes(*service.heap_live_bytes));
  finding.action = fmt::format(
      "allocate less (R1), or raise GOMEMLIMIT above {}: GOGC is off, and the limit sets the pace", bytes(limit));
  if (cap) finding.action += fmt::format(" (it may have {})", bytes(*cap));
  finding.gain = service.gates.cpu ? kTwiceTheRoom * service.cpu->any(FrameClass::kGcAll).value() : 0.1;
  finding.gain_text = "collection's share falls as 1 / (limit - live heap)";
  finding.gap = "a limit near the live heap makes it worse: S05c";
}

void advise_room(const Case& service, Finding& finding) {
  const double live = *service.heap_live_bytes;
  const auto cap = memory_cap(service);
  if (limit_sets_the_pace(service)) return advise_more_room(service, finding);
  finding.headline += fmt::format(", marking a live heap of {} again and again", bytes(live));
  finding.action = cap ? fmt::format("GOMEMLIMIT={} (0.8 of the {} it may have) with GOGC=off or 400",
                                     bytes(0.8 * *cap), bytes(*cap))
                       : "GOGC=400, or GOMEMLIMIT at 0.8 of the memory it may have with GOGC=off";
  if (!service.memory_limit_bytes) finding.action += "; where a limit is set already, raise that";
  finding.action += "; if memory is short, take the pointers out of what lives long (S08)";
  const double now = service.gogc_percent && std::isfinite(*service.gogc_percent) ? *service.gogc_percent : 100;
  finding.gain = service.gates.cpu ? service.cpu->any(FrameClass::kGcAll).value() * std::max(0.0, 1 - now / 400) : 0.1;
  finding.gain_text = "collection's share falls as 1 / GOGC: measured 20% to 3.7% of the CPU, 20% more work done";
  finding.gap = "a limit near the live heap makes it worse: S05c";
  if (cap && *cap < 2.2 * live) {
    finding.refusal =
        fmt::format("there is no room: {} may be used and {} live. Shrink the live heap", bytes(*cap), bytes(live));
  }
}

void advise_larger_minimum(const Case& service, Finding& finding) {
  finding.headline += fmt::format(": {:.0f} collections a second of a heap of {}", *service.gc_cycles_per_second,
                                  bytes(service.heap_live_bytes.value_or(0)));
  finding.action =
      "GOGC=400 or more, or GOGC=off with GOMEMLIMIT=256MiB to 512MiB: the heap is so small that its minimum of "
      "4 MB sets the pace";
  finding.gain = service.gates.cpu ? 0.7 * service.cpu->any(FrameClass::kGcAll).value() : 0.1;
  finding.gain_text = "measured: 401 to 7.9 collections a second, 2.6 times the work done";
  finding.gap = "a sidecar with no memory to spare must not take it";
}

void advise_higher_limit(const Case& service, Finding& finding) {
  finding.severity = Severity::kHigh;
  finding.headline += fmt::format(": the limit of {} leaves no room above {} live", bytes(*service.memory_limit_bytes),
                                  bytes(*service.heap_live_bytes));
  finding.action = "raise GOMEMLIMIT, or shrink the live heap; never tighten it further";
  finding.gain = service.gates.cpu ? 0.8 * service.cpu->any(FrameClass::kGcAll).value() : 0.2;
  finding.gain_text = "measured at a limit of 1.45 times the live heap: 43.5% of the CPU went to collection";
  finding.gap = "if the live heap grows without end it is a leak, and no limit helps";
}

}  // namespace

std::string collector_pace(const Case& service) {
  if (limit_is_too_tight(service)) return "c";
  if (heap_is_tiny(service)) return "b";
  if (heap_is_large(service)) return "a";
  return "";
}

void name_collector_pacing(const Case& service, const std::string& pace, Finding& finding) {
  if (service.gc_cycles_per_second) {
    finding.evidence.push_back(fmt::format("{:.1f} collections a second; live {}, goal {}",
                                           *service.gc_cycles_per_second,
                                           service.heap_live_bytes ? bytes(*service.heap_live_bytes) : "unknown",
                                           service.heap_goal_bytes ? bytes(*service.heap_goal_bytes) : "unknown"));
  }
  if (pace.empty()) {
    const bool known = service.heap_live_bytes && service.heap_goal_bytes && service.gc_cycles_per_second;
    finding.action = known ? "allocate less (R1): neither GOGC nor GOMEMLIMIT sets this pace"
                           : "allocate less (R1); give /metrics or gctrace too, to see whether GOGC or GOMEMLIMIT "
                             "would help";
    finding.gain_text = known ? "what the collection takes of it: sweeping and write barriers follow the allocations"
                              : "depends on the heap's size, which is not known here";
    return;
  }
  finding.scenario = "S05" + pace;
  if (pace == "a") advise_room(service, finding);
  if (pace == "b") advise_larger_minimum(service, finding);
  if (pace == "c") advise_higher_limit(service, finding);
}

const Rule kS05 = {
    {.id = "S05",
     .title = "collector pacing",
     .question = "Does the collector run more often than memory asks for?",
     .evidence = "That of R2; the live heap, its goal, collections a second, GOGC, GOMEMLIMIT, the container's memory.",
     .fires =
         "R2 fires, and: (c) a limit is set and nearly used up, with more than half of it live; (b) the goal is below "
         "64 MB and there are more than 10 collections a second; (a) more than 64 MB live and marking above 8%.",
     .lever = "(a) GOMEMLIMIT at 0.8 of what the container has, GOGC=off or 400. (b) GOGC=400, or off with a limit of "
              "256 to "
              "512 MiB. (c) Raise the limit.",
     .gain = "Measured: (a) 20% to 3.7% of the CPU; (b) 2.6 times the work; (c) 43.5% of the CPU at 1.45 times the "
             "live heap.",
     .refuse = "(a) Less than 2.2 times the live heap to be had. (b) No memory to spare.",
     .gap = "(c) is the gap of (a): under a limit a leak degrades for hours before it is seen.",
     .references = "https://go.dev/doc/gc-guide; golang/go#58106"},
    nullptr};

}  // namespace weft::doctor
