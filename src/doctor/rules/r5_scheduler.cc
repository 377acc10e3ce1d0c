// R5: looking for work takes the CPU.
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kFires = 0.05;
constexpr double kLocked = 0.02;
constexpr double kNewGoroutines = 0.10;
constexpr double kChan = 0.15;
constexpr double kCollecting = 0.15;  // as in R2
constexpr double kManyProcessors = 8;
constexpr double kHigh = 0.20;

bool has_too_many_processors(const Case& service) {
  return service.processors && service.cores && *service.processors >= kManyProcessors &&
         *service.processors > 4 * *service.cores;
}

// A processor that has nothing to run looks for work, sleeps and is woken: that is no cost where half of them are idle.
// Without a cause in the program only fewer processors would help, where there are many.
bool waits_on_idle_processors(const Case& service, bool has_cause) {
  if (!service.processors || !service.cores || *service.cores >= *service.processors / 2) return false;
  const auto hits = [&](FrameClass classes) { return service.cpu->all(FrameClass::kFind | classes).hits; };
  const std::int64_t search = service.cpu->any(FrameClass::kFind).hits, network = hits(FrameClass::kNetPoll);
  if (network * 2 > search) return true;
  const std::int64_t asleep = network + hits(FrameClass::kFutex) - hits(FrameClass::kNetPoll | FrameClass::kFutex);
  return !has_cause && !has_too_many_processors(service) && asleep * 2 > search;
}

Judgement judge(const Case& service) {
  if (!service.gates.cpu) return no_cpu_shares(service);
  const CpuShares& cpu = *service.cpu;
  const Share find = cpu.any(FrameClass::kFind), sched = cpu.any(FrameClass::kSched);
  const Share fresh = cpu.any(FrameClass::kNewGoroutine), chan = cpu.any(FrameClass::kChan);
  const std::string seen = fmt::format("looking for work {} of CPU, scheduling {}, starting goroutines {}, channels {}",
                                       percent(find), percent(sched), percent(fresh), percent(chan));
  if (find.lower() <= kFires) return Judgement::healthy(seen);
  if (cpu.any(FrameClass::kLocked).lower() > kLocked)
    return Judgement::healthy(seen + "; because of locked threads, see S09");
  const bool has_cause = fresh.value() > kNewGoroutines || chan.value() > kChan;
  if (waits_on_idle_processors(service, has_cause))
    return Judgement::healthy(seen +
                              "; most of it waits for the network or for work on processors that are otherwise "
                              "idle");
  if (!has_cause && cpu.any(FrameClass::kGcAll).lower() > kCollecting)
    return Judgement::healthy(seen + "; because of the collector, which starts and stops its workers: see R2");

  Finding finding;
  finding.rule = "R5";
  finding.severity = graded(find.value(), kHigh);
  finding.headline =
      fmt::format("{} of the CPU schedules goroutines, {} looks for one to run", percent(sched), percent(find));
  finding.evidence.push_back(
      fmt::format("CPU profile: {} ({} samples, {:.2f} cores)", seen, cpu.total(), service.cores.value_or(0)));
  finding.marks = FrameClass::kSched;
  finding.gain = 0.5 * sched.value();
  if (fresh.value() > kNewGoroutines) {
    name_goroutine_per_item(service, finding);
  } else if (chan.value() > kChan) {
    finding.scenario = "S03";
    finding.sites = sites_above(cpu, FrameClass::kChan);
    finding.action =
        "hand over slices of items through channels of 2 to 64 times the processors: each unbuffered hand-off "
        "puts one goroutine to sleep and wakes another";
    finding.gain_text = "1.1x to 2x is usual; a pipeline of four stages gained 5.0x, with its allocations";
    finding.gap = "items that wait in a buffer when the program ends";
  } else {
    finding.sites = sites_above(cpu, FrameClass::kSched);
    finding.action =
        has_too_many_processors(service)
            ? fmt::format(
                  "GOMAXPROCS is {:.0f} for {:.1f} cores of work: lower it; and look for Gosched and short timers",
                  *service.processors, *service.cores)
            : "look for Gosched, very short timers, and work that is split too finely";
    finding.gain_text = "1.1x to 2x is usual";
  }
  mind_the_scale(service, finding);
  return Judgement::fires(std::move(finding));
}

}  // namespace

const Rule kR5 = {
    {.id = "R5",
     .title = "scheduler hot",
     .question = "Does the search for a goroutine to run take a share of a busy program's CPU?",
     .evidence =
         "CPU profile: findRunnable (findrunnable until Go 1.18) and the rest of the scheduler, starting goroutines, "
         "channels; the cores used.",
     .fires =
         "The lower bound of the search is above 5%, at least 0.25 cores are used, and it is not because of locked "
         "threads, nor of the collector (R2) alone.",
     .lever = "S02 where starting goroutines is above 10%: fixed workers and batches. S03 where channels are above "
              "15%. Else no "
              "Gosched, no tiny timers, fewer processors.",
     .gain = "1.1x to 2x is usual.",
     .refuse = "An idle process: its search is all that it does (65% measured at 0.03 cores). A proxy that waits for "
               "the network.",
     .gap = "Items in a batch or a buffer at shutdown.",
     .references = "golang/go#18237, #28808"},
    &judge};

}  // namespace weft::doctor
