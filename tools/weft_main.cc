// The program `weft`.
#include "tools/command_line.h"

int main(int argc, char** argv) {
  CLI::App app("weft: tools of the weft runtime");
  app.require_subcommand(1);
  app.set_version_flag("--version", "weft " WEFT_VERSION);
  weft::tools::Action action;
#ifdef WEFT_WITH_LAB
  weft::tools::add_lab_commands(app, action);
#endif
#ifdef WEFT_WITH_DOCTOR
  weft::tools::add_doctor_commands(app, action);
#endif
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : weft::tools::kUsageExitCode;
  }
  return action();
}
