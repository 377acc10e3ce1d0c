// Nothing is said of processors: the container's quota decides, now and when it changes.
#include "lab/11_container_quota/server.h"
#include "lab/support/program.h"
#include "weft/runtime.h"

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  return weft::run([&] { lab::serve(arguments); });
}
