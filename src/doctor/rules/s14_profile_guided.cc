// S14: a Go program built without a profile.
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kCores = 0.5;
constexpr double kUserCode = 0.35;

Judgement judge(const Case& service) {
  const auto& binary = service.evidence.binary;
  if (!binary || binary->settings.empty())
    return Judgement::cannot("the build information was not seen", "--binary, --pid, or the output of go version -m");
  if (!binary->go_version) return Judgement::healthy("no Go program");
  if (const auto pgo = binary->settings.find("-pgo"); pgo != binary->settings.end())
    return Judgement::healthy("built with -pgo=" + pgo->second);
  if (!service.gates.cpu) return no_cpu_shares(service);
  const Share user = service.cpu->user_code();
  const std::string seen =
      fmt::format("no -pgo in the build information; {} of the CPU is user and library code", percent(user));
  if (service.cores.value_or(0) <= kCores || user.value() <= kUserCode)
    return Judgement::healthy(seen + fmt::format("; {:.2f} cores used", service.cores.value_or(0)));

  Finding finding;
  finding.rule = "S14";
  finding.severity = Severity::kInfo;
  finding.headline = fmt::format("built without a profile, and {} of the CPU is user and library code", percent(user));
  finding.evidence.push_back(seen + fmt::format("; {:.2f} cores used", *service.cores));
  finding.action = "put a CPU profile of production, of 30 s or more, beside main as default.pgo, and renew it";
  finding.gain = 0.05;
  finding.gain_text = "2 to 14% are published, 8.6% less CPU a request was measured; it does not help a cold start";
  finding.gap = "a profile of last quarter still helps, only less";
  return Judgement::fires(std::move(finding));
}

}  // namespace

const Rule kS14 = {
    {.id = "S14",
     .title = "profile-guided build",
     .question = "Could the compiler lay the program out better if it had a profile?",
     .evidence = "The build information's -pgo; the share of user code; the cores used.",
     .fires = "No -pgo, more than 0.5 cores, and more than 35% of the CPU in user and library code. Information only.",
     .lever = "default.pgo from production, renewed with each release.",
     .gain = "Published: 2 to 14%. Measured: 8.6% less CPU a request.",
     .refuse = "No profile of production; less than half a core used.",
     .gap = "It is no lever for a cold start.",
     .references = "https://go.dev/doc/pgo"},
    &judge};

}  // namespace weft::doctor
