// S04: one call of C for each item.
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {

void name_foreign_call_per_item(const Case& service, Finding& finding) {
  constexpr double kBatch = 100;
  finding.scenario = "S04";
  if (const auto calls = service.window.rate("/cgo/go-to-c-calls:calls")) {
    const double cores = service.cores.value_or(1);
    finding.evidence.push_back(
        fmt::format("metrics: {} calls a second, {:.0f} ns each", count(*calls),
                    *calls > 0 ? 1e9 * cores * service.cpu->any(FrameClass::kCgo).value() / *calls : 0));
  }
  finding.action = service.evidence.is_weft
                       ? "do a batch of items in each weft::blocking(); a call that never blocks needs none"
                       : "hand C a batch of items in each call; mark C functions that keep no pointer and call nothing "
                         "back (#cgo noescape, #cgo nocallback)";
  finding.gain = service.cpu->any(FrameClass::kCross).value() * (1 - 1 / kBatch);
  finding.gain_text = "measured in Go: 23 to 1.2 ns an item with batches of 1,000";
  finding.gap = "a batch must say of each item whether it failed";
}

const Rule kS04 = {
    {.id = "S04",
     .title = "foreign call per item",
     .question = "Is C called once for each item?",
     .evidence = "That of R4; metrics: calls a second.",
     .fires = "R4 fires.",
     .lever = "A batch in each call; noescape and nocallback.",
     .gain = "Measured: 23 to 1.2 ns an item. A crossing costs some 25 ns in Go 1.26 and later, 40 to 70 before.",
     .refuse = "Crossings below 5% of the CPU, some 2 M calls a second on a core.",
     .gap = "Errors of single items.",
     .references = "weft lab run 4"},
    nullptr};

}  // namespace weft::doctor
