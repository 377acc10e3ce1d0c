// doctor/rules/rules.h: every rule, and the findings of those that are causes of another: R1 asks S03 and S07, and so
// on.
#pragma once

#include "doctor/rule.h"

namespace weft::doctor {

extern const Rule kR1, kR2, kR3, kR4, kR5, kR6;
extern const Rule kS01, kS02, kS03, kS04, kS05, kS06, kS07, kS08, kS09, kS10, kS11, kS12, kS13, kS14;
extern const Rule kX1, kX2;

// A cause completes the finding of its signature: scenario, lever, gain, refusal.
void name_pipeline_allocation(const Case& service, Finding& finding);                        // S03
void name_boxing(const Case& service, Finding& finding);                                     // S07
void name_collector_pacing(const Case& service, const std::string& pace, Finding& finding);  // S05a, S05b, S05c
void name_deep_recursion(const Case& service, Finding& finding);                             // S12
void name_foreign_call_per_item(const Case& service, Finding& finding);                      // S04
void name_goroutine_per_item(const Case& service, Finding& finding);                         // S02b

/// "a", "b", "c": which of S05's three levers the numbers ask for; empty: none of them.
std::string collector_pace(const Case& service);
/// Why it stands in an overload: so many goroutines ready to run and not running. Empty: it does not.
std::vector<std::string> overload_evidence(const Case& service);

}  // namespace weft::doctor
