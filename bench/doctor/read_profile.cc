// Reads one profile as the doctor does, and says how much processor time each step took and how much memory all of it.
//
//   bench/doctor/make_profile.py big.pb.gz && build/release/bench/read_profile big.pb.gz
//
// Held against `go tool pprof -top big.pb.gz`, which does a little less: docs and figures in bench/doctor/README.md.
#include <sys/resource.h>

#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "doctor/cpu_shares.h"
#include "pprof/reader.h"

namespace {

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

int run(const char* path) {
  using enum weft::doctor::FrameClass;
  std::ifstream file(path, std::ios::binary);
  std::optional<std::string> bytes(std::in_place, std::istreambuf_iterator<char>(file),
                                   std::istreambuf_iterator<char>());
  const double start = cpu_seconds();
  const weft::pprof::Profile profile = weft::pprof::read_profile(*bytes);
  const double read = cpu_seconds() - start;
  bytes.reset();
  const weft::doctor::CpuShares shares(profile);
  const double counted = cpu_seconds() - start;
  const auto above = shares.user_frames_above(kAlloc, 5);
  const double all = cpu_seconds() - start;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("%zu samples, %zu frames: read %.3f s, counted %.3f s, callers %.3f s, %.3f s in all; %ld MB at most\n",
              profile.samples.size(), profile.stacks.size(), read, counted - read, all - counted, all,
              usage.ru_maxrss / 1024);
  std::printf("allocator %.1f %%, user code %.1f %%, %zu functions above the allocator\n",
              100 * shares.any(kAlloc).value(), 100 * shares.user_code().value(), above.size());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: read_profile FILE\n", stderr);
    return 2;
  }
  try {
    return run(argv[1]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "read_profile: %s\n", e.what());
    return 1;
  }
}
