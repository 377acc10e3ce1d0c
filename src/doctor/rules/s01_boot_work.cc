// S01: work done before main.
#include <algorithm>

#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kWarnMs = 100;
constexpr double kHighMs = 500;
constexpr double kPackageMs = 50;

Judgement judge(const Case& service) {
  std::vector<InitLine> lines = service.evidence.init_lines;
  if (lines.empty()) return Judgement::cannot("no inittrace", "a log of a start with GODEBUG=inittrace=1: --log");
  double sum = 0;
  for (const InitLine& line : lines) sum += line.clock_ms;
  std::ranges::sort(lines, std::greater<>(), &InitLine::clock_ms);
  const InitLine& longest = lines.front();
  std::string seen = fmt::format("{} before main in {}; {} takes the longest, {}", duration(sum / 1e3),
                                 counted(static_cast<std::int64_t>(lines.size()), "package"), longest.package,
                                 duration(longest.clock_ms / 1e3));
  if (sum <= kWarnMs && longest.clock_ms <= kPackageMs) return Judgement::healthy(std::move(seen));

  Finding finding;
  finding.rule = "S01";
  finding.severity = sum > kHighMs ? Severity::kHigh : Severity::kWarning;
  finding.headline = fmt::format("{:.0f} ms are spent before main", sum);
  for (std::size_t i = 0; i < lines.size() && i < 5 && lines[i].clock_ms >= 1; ++i) {
    finding.evidence.push_back(fmt::format("inittrace: {} {:.0f} ms, {} in {} allocations", lines[i].package,
                                           lines[i].clock_ms, bytes(static_cast<double>(lines[i].bytes)),
                                           lines[i].allocations));
  }
  finding.action =
      "move it out of init: compute on first use (sync.OnceValue), or start it from main, side by side, with "
      "errors that stop the start";
  finding.gain_text = fmt::format("up to {:.0f} ms of each start", sum);
  finding.gap = "a bad configuration must still fail at the start, not at the first request";
  return Judgement::fires(std::move(finding));
}

}  // namespace

const Rule kS01 = {{.id = "S01",
                    .title = "boot work",
                    .question = "Does the program work before main?",
                    .evidence = "inittrace's lines, one for each package that initialises something.",
                    .fires = "More than 100 ms in all, or 50 ms in one package. High above 500 ms.",
                    .lever = "On first use, or from main, in parallel, validated.",
                    .gain = "Measured: 0.65 s to none; elsewhere 4.2 to 0.18 s.",
                    .refuse = "Below 50 ms; a program that needs all of it anyway; drivers that register themselves.",
                    .gap = "Errors of configuration must still show at the start.",
                    .references = "golang/go#26775"},
                   &judge};

}  // namespace weft::doctor
