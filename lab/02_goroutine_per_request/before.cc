// A goroutine for every request, whatever comes.
#include "lab/02_goroutine_per_request/load.h"
#include "weft/sync.h"

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  return weft::run([&] {
    lab::Outcome outcome(lab::Load::from(arguments));
    weft::WaitGroup pending;
    outcome.offer([&](const lab::Request& request) { pending.go([&outcome, request] { outcome.serve(request); }); });
    pending.wait();
    outcome.print(0, 0);
  });
}
