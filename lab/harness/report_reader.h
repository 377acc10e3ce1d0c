// lab/harness/report_reader.h: from what a program printed, and how it ended, to the values of a phase's measures.
#pragma once

#include <map>
#include <string>

#include "lab/harness/process.h"
#include "lab/harness/scenario.h"

namespace lab {

struct Reading {
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;
  std::string failure;  // empty: all that the phase asks for is there
};

/// Reads the one JSON line; with `overflow`, checks that the program ended in a stack overflow report instead.
Reading read_report(const Phase& phase, const Ended& ended, bool overflow);

}  // namespace lab
