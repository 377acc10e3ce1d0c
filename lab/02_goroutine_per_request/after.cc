// A pool of workers behind a bounded queue; a full queue sheds, and a request whose client left is dropped.
#include "lab/02_goroutine_per_request/load.h"
#include "weft/context.h"
#include "weft/sync.h"

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  return weft::run([&] {
    const lab::Load load = lab::Load::from(arguments);
    lab::Outcome outcome(load);
    weft::Context root;
    weft::WorkerPool jobs({.workers = arguments.integer("workers"), .queue = arguments.integer("queue")});
    std::int64_t shed = 0;
    outcome.offer([&](const lab::Request& request) {
      const weft::Context client = weft::with_deadline(root, request.due + load.patience);
      shed += !jobs.try_submit(client, [&outcome, request] { outcome.serve(request); });
    });
    jobs.drain();
    outcome.print(shed, static_cast<std::int64_t>(jobs.dropped()));
  });
}
