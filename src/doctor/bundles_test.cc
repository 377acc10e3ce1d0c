// The rules over whole captured services: each careless one has its finding, the careful one has lost it or keeps what
// is true of it, and the idle one is silent.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "doctor/bundle.h"
#include "doctor/report.h"
#include "doctor/verdict.h"

namespace weft::doctor {
namespace {

struct Bundle {
  const char* name;
  std::vector<std::string> findings;
};

void PrintTo(const Bundle& bundle, std::ostream* out) { *out << bundle.name; }

class Bundles : public testing::TestWithParam<Bundle> {
 protected:
  Bundles() {
    add_folder(evidence_, std::string(WEFT_SOURCE_DIR "/tests/data/doctor/") + GetParam().name);
    settle(evidence_);
    evidence_.name = GetParam().name;
  }
  Evidence evidence_;
};

TEST_P(Bundles, HaveTheFindingsThatTheirProgramsWereWrittenFor) {
  const Case service(evidence_);
  const Verdict verdict = judge_all(service);
  std::vector<std::string> found;
  for (const RuleResult& result : verdict.results) {
    for (const Finding& finding : result.judgement.findings) found.push_back(finding.id());
  }
  std::ranges::sort(found);
  std::ostringstream report;
  write_text(report, service, verdict);
  EXPECT_EQ(found, GetParam().findings) << report.str();
}

TEST_P(Bundles, AreReportedInEveryForm) {
  const Case service(evidence_);
  const Verdict verdict = judge_all(service);
  std::ostringstream text, json, sarif, html;
  write_text(text, service, verdict);
  write_json(json, service, verdict);
  write_sarif(sarif, service, verdict, "1");
  write_html(html, service, verdict);
  for (const std::string& id : GetParam().findings) {
    EXPECT_NE(text.str().find(id), std::string::npos) << text.str();
    EXPECT_NE(json.str().find("\"id\":\"" + id + "\""), std::string::npos) << json.str();
    EXPECT_NE(html.str().find(id), std::string::npos);
  }
  EXPECT_NE(sarif.str().find("\"version\":\"2.1.0\""), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    All, Bundles,
    testing::Values(Bundle{"01-after", {}}, Bundle{"01-before", {"S01"}}, Bundle{"02-after", {"S14"}},
                    Bundle{"02-before", {"R6/S02", "S14"}}, Bundle{"02b-before", {"R1/S03", "R2/S05b", "R5/S02b"}},
                    Bundle{"03-after", {}}, Bundle{"03-before", {"R1/S03", "R2/S05b", "R5/S03"}},
                    Bundle{"04-after", {}}, Bundle{"04-before", {"R4/S04"}}, Bundle{"05big-after", {"S14"}},
                    Bundle{"05big-before", {"R1/S03", "R2/S05a", "S14"}}, Bundle{"05small-after", {"R1/S03", "S14"}},
                    Bundle{"05small-before", {"R1/S03", "R2/S05b"}}, Bundle{"06-after", {}},
                    Bundle{"06-before", {"S06"}}, Bundle{"07-after", {"S14"}}, Bundle{"07-before", {"R1/S07"}},
                    Bundle{"08-after", {}}, Bundle{"08-before", {"S08", "S14"}}, Bundle{"09-after", {}},
                    Bundle{"09-before", {"R4/S09"}}, Bundle{"10-after", {}}, Bundle{"10-before", {"S10"}},
                    Bundle{"11-after", {"S11"}}, Bundle{"11-before", {"S11"}}, Bundle{"12-before", {"R3/S12"}},
                    Bundle{"13-after", {}}, Bundle{"13-before", {"S13"}}, Bundle{"14-after", {"R1/S03"}},
                    Bundle{"14-before", {"R1/S03", "R2/S05b", "S14"}}, Bundle{"neg-idle", {}}),
    [](const auto& bundle) {
      std::string name = bundle.param.name;
      std::ranges::replace(name, '-', '_');
      return "b" + name;
    });

}  // namespace
}  // namespace weft::doctor
