// lab/harness/scenario.h: what a scenario is: which programs run with which arguments, and what is read from their
// reports. The numbers that both languages share (sizes, rates, payloads) stand here, once: in each scenario's
// scenario.cc.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace lab {

/// The four programs of a scenario, in the order in which they run and are shown.
enum class Program { weft_before, weft_after, go_before, go_after };
inline constexpr std::array kPrograms = {Program::weft_before, Program::weft_after, Program::go_before,
                                         Program::go_after};
inline constexpr std::size_t kProgramCount = kPrograms.size();

constexpr bool is_go(Program program) { return program == Program::go_before || program == Program::go_after; }
constexpr std::size_t index_of(Program program) { return static_cast<std::size_t>(program); }
/// "weft before" ...
std::string_view name_of(Program program);
/// "weft_before" ..., as in the JSON.
std::string_view key_of(Program program);

enum class Better {
  less,
  more,
  neither,  // shown, judged by nobody
  same,     // proves that all programs did the same work: a value that differs fails the scenario
  text,     // an outcome in words
};

struct Measure {
  std::string key;  // in the programs' report, and in the JSON
  std::string label;
  std::string unit;
  Better better = Better::less;
  bool decides = false;  // the scenario's two bars are judged by these
};

struct Argument {
  std::string name;
  std::string value;
};

/// One run of each program. A scenario has several where one process cannot measure all (peak memory, a program that
/// dies).
struct Phase {
  std::string name;  // in the JSON, and part of what stands before its measures' labels
  std::vector<Argument> arguments;
  std::vector<Measure> measures;
  /// Programs that have to end in a stack overflow report; their outcome then reads "reported".
  std::vector<Program> overflow = {};
  /// A program beside them, of the scenario's folder, that runs each of them: it gets the arguments and `--program`,
  /// and reports. Ended with code 77 it says on standard error why the scenario cannot run on this machine.
  std::string driver = {};
};

struct Scenario {
  int number = 0;
  std::string folder;  // below lab/
  std::string title;
  std::string careless;  // what the program before does, and after
  std::string careful;
  std::vector<Phase> phases;
};

/// What the sizes and rates depend on.
struct Scale {
  bool quick = false;
  int processors = 1;
  double burn_round_ns = 1;   // one round of lab::burn on this machine
  std::string source_folder;  // lab/ in the source tree
};

Scenario scenario_01(const Scale& scale);
Scenario scenario_02(const Scale& scale);
Scenario scenario_03(const Scale& scale);
Scenario scenario_04(const Scale& scale);
Scenario scenario_09(const Scale& scale);
Scenario scenario_10(const Scale& scale);
Scenario scenario_11(const Scale& scale);
Scenario scenario_12(const Scale& scale);

/// All that there are, by number.
std::vector<Scenario> all_scenarios(const Scale& scale);

}  // namespace lab
