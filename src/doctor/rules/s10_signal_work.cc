// S10: a program that does not hear the second signal, or takes too long to go.
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {
namespace {

constexpr double kDeafSeconds = 1;
constexpr double kOfGrace = 0.8;

Judgement judge(const Case& service) {
  const auto& shutdown = service.evidence.shutdown;
  if (!shutdown || !shutdown->first_signal_seconds || !shutdown->exit_seconds)
    return Judgement::cannot("no shutdown was watched",
                             "a log of one, with the times of signals and of the exit: --log");
  const double whole = *shutdown->exit_seconds - *shutdown->first_signal_seconds;
  std::string seen = fmt::format("it ended {} after the first signal", duration(whole));
  const bool long_for_grace = shutdown->grace_seconds && whole > kOfGrace * *shutdown->grace_seconds;
  const auto second = shutdown->second_signal_seconds;
  const double deaf = second ? *shutdown->exit_seconds - *second : 0;
  if (second) seen += fmt::format(", {} after the second", duration(deaf));
  if (deaf <= kDeafSeconds && !long_for_grace) return Judgement::healthy(std::move(seen));

  Finding finding;
  finding.rule = "S10";
  finding.severity = Severity::kWarning;
  finding.headline = deaf > kDeafSeconds ? fmt::format("the second signal was ignored for {}", duration(deaf))
                                         : fmt::format("shutting down takes {} of the {} it is given", duration(whole),
                                                       duration(*shutdown->grace_seconds));
  finding.evidence.push_back("shutdown: " + seen);
  finding.action =
      "let the goroutine that reads signals close a channel and read on; clean up elsewhere, with a deadline; let "
      "the second signal end the program at once";
  finding.gain_text = "measured: 4.0 to 0.5 s";
  finding.gap = "what is being written when the second signal comes must be safe to cut off";
  return Judgement::fires(std::move(finding));
}

}  // namespace

const Rule kS10 = {
    {.id = "S10",
     .title = "work in the signal handler",
     .question = "Does the program hear a second signal while it shuts down?",
     .evidence = "The times of the first and the second signal and of the exit; the grace period.",
     .fires =
         "It lived for more than 1 s after the second signal; or the shutdown took more than 0.8 of the grace period.",
     .lever = "The goroutine that reads signals only tells others; the second signal ends the program.",
     .gain = "Measured: 4.0 to 0.5 s.",
     .refuse = "A clean-up that is over within the second.",
     .gap = "A write that is cut off.",
     .references = "docs/guide/doctor_stories.md"},
    &judge};

}  // namespace weft::doctor
