#include "doctor/flame_tree.h"

#include <algorithm>
#include <limits>
#include <map>

namespace weft::doctor {
namespace {

constexpr std::size_t kMostDepth = 200;
constexpr std::size_t kMostNodes = 500'000;

class TreeBuilder {
 public:
  explicit TreeBuilder(const pprof::Profile& profile) : profile_(profile) {
    nodes_.push_back({"all", 0, FrameClass::kNone, {}});
  }

  void add(std::size_t sample) {
    const std::int64_t value = std::max<std::int64_t>(0, profile_.value(sample, profile_.sample_types.size() - 1));
    std::uint32_t at = 0;
    add_to(nodes_[0].value, value);
    std::size_t depth = 0;
    const auto stack = profile_.stack(profile_.samples[sample]);
    for (auto location = stack.rbegin(); location != stack.rend(); ++location) {
      const auto lines = profile_.lines_of(profile_.locations[*location]);
      for (auto line = lines.rbegin(); line != lines.rend() && depth < kMostDepth; ++line, ++depth) {
        const std::uint32_t next = child(at, line->function);
        if (next == at) return;
        at = next;
        add_to(nodes_[at].value, value);
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
  // Profiles may claim any count.
  static void add_to(std::int64_t& sum, std::int64_t value) {
    if (__builtin_add_overflow(sum, value, &sum)) sum = std::numeric_limits<std::int64_t>::max();
  }

  // The parent itself once there are too many: what is deeper is the parent's.
  std::uint32_t child(std::uint32_t parent, std::uint32_t function) {
    if (nodes_.size() >= kMostNodes) {
      const auto known = index_.find({parent, function});
      return known == index_.end() ? parent : known->second;
    }
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
