// S07: values put behind interfaces on a hot path.
#include "doctor/rules/rules.h"
#include "doctor/rules/words.h"

namespace weft::doctor {

void name_boxing(const Case& service, Finding& finding) {
  const CpuShares& cpu = *service.cpu;
  const Share box = cpu.any(FrameClass::kBox);
  finding.scenario = "S07";
  finding.sites = sites_above(cpu, FrameClass::kBox);
  finding.evidence.push_back(
      fmt::format("CPU profile: putting values behind interfaces takes {} of the CPU, {} of the "
                  "allocation",
                  percent(box), percent(box.value() / cpu.any(FrameClass::kAlloc).value())));
  finding.action =
      "keep the values typed where the path is hot: a concrete field, generics, an atomic; typed attributes "
      "for logging";
  finding.gain = box.value();
  finding.gain_text = "real services gain single digits to 2x, a loop of nothing else 19x";
  finding.gap = "what was chosen at run time through the interface must still be chosen";
  finding.marks = finding.marks | FrameClass::kBox;
}

const Rule kS07 = {
    {.id = "S07",
     .title = "boxed values",
     .question = "Are plain values put behind interfaces on a hot path?",
     .evidence =
         "CPU profile: runtime.convT and its kin. A heap profile hides them: it leaves runtime frames out; look for "
         "objects of 8, 16 and 24 bytes there.",
     .fires = "R1 fires, boxing is above a quarter of the allocation, and its lower bound above 3% of the CPU.",
     .lever = "Typed fields, generics, atomics; for logging, typed attributes.",
     .gain = "Measured in a loop of metric updates: 29 M to 551 M. In services single digits to 2x.",
     .refuse = "Boxing below 3% of the CPU. Constants, pointers and values below 256 allocate nothing.",
     .gap = "Polymorphism at run time that somebody needs.",
     .references = "weft doctor explain R1"},
    nullptr};

}  // namespace weft::doctor
