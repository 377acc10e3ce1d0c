// S03: an object per item, handed from stage to stage.
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kChan = 0.15;
constexpr double kFind = 0.05;
constexpr double kSmallObjectBytes = 32;
constexpr double kSmallSite = 0.05;  // of the CPU

// The mean size of what is allocated, by the metrics.
std::optional<double> object_bytes(const Window& window) {
  const auto objects = window.rate("/gc/heap/allocs:objects"), sum = window.rate("/gc/heap/allocs:bytes");
  const double tiny = window.rate("/gc/heap/tiny/allocs:objects").value_or(0);
  return objects && sum && *objects + tiny > 0 ? std::optional(*sum / (*objects + tiny)) : std::nullopt;
}

// Many small sites, most of them in Go's library, say little; who calls them says what to reuse.
void name_the_caller(const CpuShares& cpu, Finding& finding) {
  if (finding.sites.empty() || finding.sites.front().share >= kSmallSite) return;
  const std::vector<Site> callers = as_sites(cpu, cpu.callers_above(FrameClass::kAlloc, 1));
  if (callers.empty() || callers.front().share < 2 * finding.sites.front().share) return;
  const Site& caller = callers.front();
  finding.evidence.push_back(fmt::format("CPU profile: {} has Go's library allocate for {} of the CPU", caller.function,
                                         percent(caller.share)));
  finding.action = fmt::format(
      "reuse what {} has Go's library allocate for each call: a decoder, a buffer or a formatter that is kept and "
      "reset",
      caller.function);
  finding.gain_text += fmt::format("; all that {} causes takes {}", caller.function, percent(caller.share));
}

// What is not allocated need not be collected: its part of the collection goes too.
std::string gain_of_top_site(const CpuShares& cpu, const std::vector<Site>& sites) {
  if (sites.empty()) return "not known: no function of the user's stands above the allocations";
  const Site& top = sites.front();
  if (top.share < kSmallSite) {
    return fmt::format("the sites are many and small, and the largest takes {}", percent(top.share));
  }
  const double of_alloc = std::min(1.0, top.share / cpu.any(FrameClass::kAlloc).value());
  return fmt::format("up to {}, with the collection that it causes, once {} allocates nothing",
                     percent(of_alloc * cpu.any(FrameClass::kAlloc | FrameClass::kGcAll).value()), top.function);
}

}  // namespace

void name_pipeline_allocation(const Case& service, Finding& finding) {
  const CpuShares& cpu = *service.cpu;
  finding.scenario = "S03";
  finding.sites = sites_above(cpu, FrameClass::kAlloc);
  finding.action =
      "reuse what the top sites allocate: a pool whose reset always runs, or a buffer that the caller owns";
  finding.gain = finding.sites.empty() ? 0 : finding.sites.front().share;
  finding.gain_text = gain_of_top_site(cpu, finding.sites);
  name_the_caller(cpu, finding);
  const Share chan = cpu.any(FrameClass::kChan), find = cpu.any(FrameClass::kFind);
  if (chan.value() > kChan && find.lower() > kFind) {
    finding.action += "; and hand over slices of items through channels of 2 to 64 times the processors: " +
                      fmt::format("unbuffered hand-offs take {} of the CPU", percent(chan));
    finding.gain_text += "; measured: a pipeline of four stages gained 5.0x";
  }
  finding.gap = "a pooled object that is not reset leaks a field from one item into the next";
  const auto size = object_bytes(service.window);
  if (size) finding.evidence.push_back(fmt::format("metrics: {:.0f} bytes an object on average", *size));
  if (size && *size < kSmallObjectBytes) {
    finding.refusal = fmt::format(
        "the objects are small, {:.0f} bytes on average: a pool costs more than it saves. Allocate "
        "fewer of them at once (slices of values) instead",
        *size);
  }
}

const Rule kS03 = {
    {.id = "S03",
     .title = "allocation per item",
     .question = "Does a pipeline make a fresh object for each item?",
     .evidence = "That of R1, with channels and the search for work beside it; the allocs profile's sites.",
     .fires =
         "R1 fires, and not because of boxing. Channels above 15% and the search for work above 5%: the hand-offs are "
         "unbuffered too.",
     .lever =
         "A pool whose reset always runs, slices of items in each message, channels of 2 to 64 times the processors.",
     .gain = "Measured: 5.0 times the events a second, collection from 30.5% of the CPU to none.",
     .refuse = "Objects below 32 bytes; low rates; pipelines whose order the batch would change.",
     .gap = "A field of the last item that shows in the next one.",
     .references = "weft lab run 3"},
    nullptr};

}  // namespace weft::doctor
