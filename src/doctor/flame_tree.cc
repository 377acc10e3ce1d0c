#include "doctor/flame_tree.h"

#include <algorithm>
#include <map>

namespace weft::doctor {
namespace {

constexpr std::size_t kMostDepth = 200;

class TreeBuilder {
 public:
  explicit TreeBuilder(const pprof::Profile& profile) : profile_(profile) {
    nodes_.push_back({"all", 0, FrameClass::kNone, {}});
  }

  void add(std::size_t sample) {
    const std::int64_t value = profile_.value(sample, profile_.sample_types.size() - 1);
    std::uint32_t at = 0;
    nodes_[0].value += value;
    std::size_t depth = 0;
    const auto stack = profile_.stack(profile_.samples[sample]);
    for (auto location = stack.rbegin(); location != stack.rend(); ++location) {
      const auto lines = profile_.lines_of(profile_.locations[*location]);
      for (auto line = lines.rbegin(); line != lines.rend() && depth < kMostDepth; ++line, ++depth) {
        at = child(at, line->function);
        nodes_[at].value += value;
      }
    }
  }

  std::vector<FlameNode> take(double least_share) {
    const auto least = static_cast<std::int64_t>(least_share * static_cast<double>(nodes_[0].value));
    for (FlameNode& node : nodes_) {
      std::erase_if(node.children, [&](std::uint32_t c) { return nodes_[c].value < least; });
      std::ranges::sort(node.children,
                        [&](std::uint32_t a, std::uint32_t b) { return nodes_[a].value > nodes_[b].value; });
    }
    return std::move(nodes_);
  }

 private:
  std::uint32_t child(std::uint32_t parent, std::uint32_t function) {
    const auto [place, is_new] = index_.try_emplace({parent, function}, static_cast<std::uint32_t>(nodes_.size()));
    if (is_new) {
      const std::string_view name = profile_.functions[function].name;
      nodes_.push_back({name, 0, classify(name), {}});
      nodes_[parent].children.push_back(place->second);
    }
    return place->second;
  }

  const pprof::Profile& profile_;
  std::vector<FlameNode> nodes_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> index_;
};

}  // namespace

std::vector<FlameNode> flame_tree(const pprof::Profile& profile, double least_share) {
  TreeBuilder builder(profile);
  if (profile.sample_types.empty()) return {};
  for (std::size_t i = 0; i < profile.samples.size(); ++i) builder.add(i);
  return builder.take(least_share);
}

}  // namespace weft::doctor
