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
    weft::WorkerPool jobs({.workers = arguments.size("workers"), .queue = arguments.size("queue")});
    std::int64_t shed = 0;
    outcome.offer([&](const lab::Request& request) {
      auto [client, leave] = weft::with_deadline(root, request.due + load.patience);
      const bool accepted = jobs.try_submit(client, [&outcome, request, answered = leave] {
        outcome.serve(request);
        answered();
      });
      if (!accepted) {
        ++shed;
        leave();
      }
    });
    std::error_code error;
    jobs.drain(root, error);
    outcome.print(shed, static_cast<std::int64_t>(jobs.dropped()));
  });
}
