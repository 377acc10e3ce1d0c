// What a newcomer types after `cmake --install`: two goroutines, a channel, an exit code.
#include <weft/weft.h>

#include <cstdio>

int main() {
  return weft::run([] {
    auto squares = weft::make_chan<int>();
    weft::go([squares] {
      for (int i = 1; i <= 3; ++i) squares.send(i * i);
      squares.close();
    });
    int sum = 0;
    for (int square : squares) sum += square;
    std::printf("sum of squares: %d\n", sum);
    return sum == 14 ? 0 : 1;
  });
}
