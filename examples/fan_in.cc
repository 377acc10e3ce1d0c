// Fan-in: whatever comes first from several producers, until nothing has come for a while.
#include <weft/weft.h>

#include <chrono>
#include <cstdio>
#include <optional>

using namespace std::chrono_literals;

int main() {
  return weft::run([] {
    auto odd = weft::make_chan<int>();
    auto even = weft::make_chan<int>();
    weft::go([odd] {
      for (int i = 1; i < 100; i += 2) odd.send(i);
    });
    weft::go([even] {
      for (int i = 0; i < 100; i += 2) even.send(i);
    });

    int received = 0;
    int sum = 0;
    const auto add = [&](std::optional<int> value) {
      ++received;
      sum += *value;  // nobody closes these channels
    };
    for (bool quiet = false; !quiet;) {
      weft::select(weft::on_recv(odd, add), weft::on_recv(even, add), weft::on_timeout(1s, [&] { quiet = true; }));
    }
    std::printf("%d numbers, sum %d, then a second of silence\n", received, sum);
  });
}

// Prints:
//   100 numbers, sum 4950, then a second of silence
