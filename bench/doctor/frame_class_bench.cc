// What it costs to classify a function's name: the tables, and the same classes as regular expressions.
//
//   build/release/bench/frame_class_bench FILE...     profiles, whose functions are classified
#include <re2/re2.h>
#include <re2/set.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "doctor/frame_class.h"
#include "pprof/reader.h"

namespace {

// As in the table of classes that the rules were made with.
const std::vector<std::string> kPatterns = {
    R"(^runtime\.(mallocgc\w*|newobject|newarray|makeslice\w*|growslice\w*|makechan\w*|makemap\w*|rawstring\w*)"
    R"(|rawbyteslice|rawruneslice|slicebytetostring\w*|stringtoslice\w*|concatstring\w*|concatbyte\w*)$)",
    R"(^runtime\.convT(\d+|string|slice|noptr)?$)",
    R"(^runtime\.gcBgMarkWorker(\.|$))",
    R"(^runtime\.(gcAssistAlloc\d?|deductAssistCredit|gcParkAssist)$)",
    R"(^runtime\.(bgsweep|sweepone|deductSweepCredit|gcStart|gcMarkDone|gcMarkTermination|gcDrain\w*)"
    R"(|wbBufFlush\w*|bulkBarrier\w*|gcmarknewobject|markroot\w*|gcSweep|\(\*sweepLocked\)\.sweep))",
    R"(^(runtime\.)?gcWriteBarrier\d?$)",
    R"(^runtime\.(bgscavenge|madvise|sysUnused\w*|\(\*pageAlloc\)\.scavenge\w*|\(\*mheap\)\.\w*scavenge\w*)$)",
    R"(^runtime\.(copystack|adjustframe)$)",
    R"(^runtime\.(morestack\w*|newstack)$)",
    R"(^runtime\.(cgocall|asmcgocall\w*)$)",
    R"(^runtime\.(entersyscall\w*|reentersyscall|exitsyscall\w*)$)",
    R"(^runtime\.(startlockedm|stoplockedm)$)",
    R"(^runtime\.find[Rr]unnable$)",
    R"(^runtime\.(schedule|find[Rr]unnable|park_m|goschedImpl|goexit0|stopm|startm|wakep|handoffp|resetspinning)"
    R"(|injectglist)$)",
    R"(^runtime\.(newproc\w*|goexit0|gdestroy|gfget|gfput|malg)$)",
    R"(^runtime\.(chansend\w*|chanrecv\w*|selectgo|closechan)$)",
    R"(^(runtime\.map[iI]ter[nN]ext\w*|internal/runtime/maps\.\(\*Iter\)\.Next)$)",
    R"(^runtime\.futex$)",
    R"(^runtime\.netpoll$|EpollWait)",
    R"(^(runtime\.|internal/runtime/|runtime/internal/|gcWriteBarrier|_\.))",
};

template <class Classify>
void measure(const char* what, const std::vector<std::string>& names, int rounds, Classify&& classify) {
  std::size_t hits = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < rounds; ++round) {
    for (const std::string& name : names) hits += classify(name);
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
  const double calls = static_cast<double>(names.size()) * rounds;
  std::printf("%-12s %8.0f ns a name (%zu of %zu names are of a class)\n", what, took.count() / calls,
              hits / static_cast<std::size_t>(rounds), names.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> names;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const auto profile = weft::pprof::read_profile(std::string(std::istreambuf_iterator<char>(file), {}));
    for (const auto& function : profile.functions) names.push_back(function.name);
  }
  if (names.empty()) return 2;

  measure("tables", names, 200,
          [](const std::string& name) { return weft::doctor::classify(name) != weft::doctor::FrameClass::kNone; });

  re2::RE2::Set set(re2::RE2::Options(), re2::RE2::UNANCHORED);
  for (const std::string& pattern : kPatterns) set.Add(pattern, nullptr);
  set.Compile();
  std::vector<int> found;
  measure("RE2::Set", names, 200, [&](const std::string& name) { return set.Match(name, &found); });

  std::vector<std::regex> expressions;
  for (const std::string& pattern : kPatterns) expressions.emplace_back(pattern);
  measure("std::regex", names, 1, [&](const std::string& name) {
    bool any = false;
    for (const std::regex& expression : expressions) any = std::regex_search(name, expression) || any;
    return any;
  });
}
