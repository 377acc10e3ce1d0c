// S08: a large map or slice of pointers to small values, walked on a hot path.
#include <algorithm>
#include <unordered_map>

#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kSelf = 0.20;
constexpr double kOverIteration = 3;
constexpr std::int64_t kManyObjects = 200'000;
constexpr std::int64_t kSmallBytes = 128;

struct HeapSite {
  std::string_view function;
  std::int64_t objects = 0;
};

std::int64_t object_bytes(const pprof::Profile& heap, const pprof::Sample& sample) {
  for (const pprof::Label& label : heap.labels_of(sample)) {
    if (label.key == "bytes") return label.number;
  }
  return 0;
}

// The site that holds most small objects.
HeapSite largest_site(const pprof::Profile& heap) {
  const int column = heap.column("inuse_objects");
  if (column < 0) return {};
  std::unordered_map<std::string_view, std::int64_t> sites;
  for (std::size_t i = 0; i < heap.samples.size(); ++i) {
    const pprof::Sample& sample = heap.samples[i];
    const std::int64_t size = object_bytes(heap, sample);
    if (size <= 0 || size > kSmallBytes || sample.location_count == 0) continue;
    const auto lines = heap.lines_of(heap.locations[heap.stack(sample)[0]]);
    if (!lines.empty())
      sites[heap.functions[lines[0].function].name] += heap.value(i, static_cast<std::size_t>(column));
  }
  HeapSite largest;
  for (const auto& [function, objects] : sites) {
    if (objects > largest.objects) largest = {function, objects};
  }
  return largest;
}

struct HotWalk {
  std::string_view function;
  double self = 0, iterating = 0;
};

// The user's function with the largest share of its own beside the iteration of a map.
std::optional<HotWalk> hot_walk(const CpuShares& cpu) {
  std::optional<HotWalk> found;
  for (const FunctionUse& use : cpu.functions()) {
    const double self = static_cast<double>(use.self) / static_cast<double>(cpu.total());
    if (self <= kSelf || share_class(classify(use.name), FrameClass::kRuntime)) continue;
    const double iterating = cpu.any_with_function(FrameClass::kMapIterate, use.name).value();
    if (iterating <= 0 || self <= kOverIteration * iterating) continue;
    if (!found || self > found->self) found = HotWalk{use.name, self, iterating};
  }
  return found;
}

Judgement judge(const Case& service) {
  if (!service.gates.cpu) return no_cpu_shares(service);
  const auto walk = hot_walk(*service.cpu);
  if (!walk) return Judgement::healthy("no function of the user's waits for memory while it iterates over a map");
  if (!service.evidence.heap) return Judgement::cannot("no heap profile", "heap.pb.gz, or a URL");
  const HeapSite site = largest_site(*service.evidence.heap);
  if (site.objects <= kManyObjects) return Judgement::healthy("no site holds more than 200,000 small objects");

  Finding finding;
  finding.rule = "S08";
  finding.severity = graded(walk->self, 0.5);
  finding.headline =
      fmt::format("{} spends {} of the CPU following pointers out of a map", walk->function, percent(walk->self));
  finding.evidence.push_back(
      fmt::format("CPU profile: itself {}, the map's iteration {}", percent(walk->self), percent(walk->iterating)));
  finding.evidence.push_back(fmt::format("heap profile: {} holds {} live objects of at most {} bytes", site.function,
                                         count(static_cast<double>(site.objects)), kSmallBytes));
  finding.sites.push_back({std::string(walk->function), walk->self});
  finding.action = "keep the values in the map itself, or in a slice with the map holding indices";
  finding.gain = walk->self * 0.7;
  finding.gain_text = "measured: 3.7 times the iterations, and less marking for the collector";
  finding.gap = "a value in a map can't be changed in place (m[k].field = v), nor be shared by pointer";
  mind_the_scale(service, finding);
  return Judgement::fires(std::move(finding));
}

}  // namespace

const Rule kS08 = {{.id = "S08",
                    .title = "pointers in a map",
                    .question = "Does a hot loop follow pointers out of a large map?",
                    .evidence = "CPU profile: a function whose own share is far above that of the map's iteration in "
                                "it: it waits for what the "
                                "pointers lead to. Heap profile: one site with very many small objects.",
                    .fires = "Its own share is above 20% and 3 times the iteration's; a site holds more than 200,000 "
                             "objects of at most 128 "
                             "bytes.",
                    .lever = "Values in the map; or a slice, and indices in the map.",
                    .gain = "Measured: 115 to 423 iterations; less marking.",
                    .refuse = "Values above 128 bytes, values changed in place, values whose identity is shared. The "
                              "iteration's share rises "
                              "when it is mended; that is no sign of trouble.",
                    .gap = "m[k].field = v does not compile for values.",
                    .references = "docs/guide/doctor_stories.md"},
                   &judge};

}  // namespace weft::doctor
