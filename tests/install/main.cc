// What a newcomer types after `cmake --install`: two goroutines, a channel, an exit code. And whose code throws the
// program's exceptions: weft must not have changed that.
#include <weft/weft.h>

#include <dlfcn.h>
#include <cstdio>
#include <cstring>

int main() {
  Dl_info info{};
  void* throws = dlsym(RTLD_DEFAULT, "_Unwind_RaiseException");
  if (throws == nullptr || dladdr(throws, &info) == 0 || std::strstr(info.dli_fname, "libgcc_s") == nullptr) {
    std::printf("exceptions are thrown by %s\n", info.dli_fname != nullptr ? info.dli_fname : "nobody");
    return 1;
  }
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
