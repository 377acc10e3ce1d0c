#include "os/memory_limit.h"

#include "os/cgroup.h"

namespace weft::os {
namespace {

// v1 says "none" by the greatest multiple of a page that a long holds.
constexpr std::int64_t kAsGoodAsNone = std::int64_t{1} << 62;

void tighten(std::uint64_t& limit, const std::string& path) {
  char bytes[64];
  auto text = read_file(path, bytes);
  if (!text) return;
  const auto number = as_number(take_word(*text));  // "max" and garbage are none
  if (!number || *number <= 0 || *number >= kAsGoodAsNone) return;
  const auto found = static_cast<std::uint64_t>(*number);
  if (limit == 0 || found < limit) limit = found;
}

}  // namespace

MemoryLimit read_memory_limit(const std::string& root) {
  MemoryLimit limit{0, 0};
  for (const CgroupFolders& hierarchy : find_cgroups("memory", root)) {
    for (const std::string& folder : hierarchy.folders) {
      tighten(limit.hard, folder + (hierarchy.v2 ? "/memory.max" : "/memory.limit_in_bytes"));
      if (hierarchy.v2) tighten(limit.high, folder + "/memory.high");
    }
  }
  return limit;
}

}  // namespace weft::os
