// A library that keeps state in its thread gets a goroutine that stays on one thread; others talk to it over a channel.
#include <weft/weft.h>

#include <cstdio>

namespace {

thread_local int calls_on_this_thread = 0;  // stands for a GL context, a COM apartment, an embedded interpreter

int render() { return ++calls_on_this_thread; }

}  // namespace

int main() {
  return weft::run([] {
    auto frames = weft::make_chan<weft::SendChan<int>>();  // a request is the channel for its answer
    auto renderer = weft::spawn({.name = "renderer"}, [frames] {
      const auto pin = weft::ThreadPin::exclusive();  // nobody else runs on this thread until the pin goes
      for (const weft::SendChan<int>& answer : frames) answer.send(render());
    });

    for (int i = 0; i < 3; ++i) {
      auto answer = weft::make_chan<int>();
      frames.send(answer);
      std::printf("frame %d\n", *answer.recv());
    }
    frames.close();
    renderer.join();
  });
}

// Prints:
//   frame 1
//   frame 2
//   frame 3
