// As many processors as the host has cores, whatever the container grants.
#include "lab/11_container_quota/server.h"
#include "lab/support/program.h"
#include "weft/runtime.h"

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  weft::set_max_procs(static_cast<int>(arguments.integer("host-cores")));
  return weft::run([&] { lab::serve(arguments); });
}
