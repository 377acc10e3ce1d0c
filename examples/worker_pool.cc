// A crew of two and room for three more jobs: what does not fit is refused at once, so that the caller can say "busy".
#include <weft/weft.h>

#include <cstdio>

int main() {
  return weft::run([] {
    weft::WorkerPool crew{{.workers = 2, .queue = 3, .name = "resize"}};
    auto gate = weft::make_chan<void>();  // holds the first two jobs, so that the crew is surely busy
    auto started = weft::make_chan<void>(2);

    for (int i = 0; i < 2; ++i) {
      crew.submit(weft::Context(), [=] {
        started.send();
        gate.recv();
      });
    }
    started.recv();
    started.recv();

    int accepted = 0;
    int shed = 0;
    for (int i = 0; i < 10; ++i) ++(crew.try_submit([] {}) ? accepted : shed);
    std::printf("accepted %d, shed %d\n", accepted, shed);

    gate.close();
    crew.drain();
    std::printf("completed %llu\n", static_cast<unsigned long long>(crew.completed()));
  });
}

// Prints:
//   accepted 3, shed 7
//   completed 5
