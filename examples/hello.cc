// The smallest program: goroutines, a channel, an end.
#include <weft/weft.h>

#include <cstdio>

int main() {
  return weft::run([] {
    auto squares = weft::make_chan<int>();
    weft::go([squares] {
      for (int i = 1; i <= 3; ++i) squares.send(i * i);
      squares.close();
    });
    for (int square : squares) std::printf("%d\n", square);
  });
}

// Prints:
//   1
//   4
//   9
