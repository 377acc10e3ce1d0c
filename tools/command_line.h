// The program's parts, each with its subcommands.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace weft::tools {

inline constexpr int kUsageExitCode = 2;

/// What to run once the arguments are read; set by the subcommand that was named.
using Action = std::function<int()>;

void add_lab_commands(CLI::App& app, Action& action);
void add_doctor_commands(CLI::App& app, Action& action);

}  // namespace weft::tools
