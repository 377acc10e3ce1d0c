// A C library that blocks needs no wrapper: a goroutine calls it, and the others go on, even on one processor.
#include <weft/weft.h>

#include <unistd.h>
#include <chrono>
#include <cstdio>

using namespace std::chrono_literals;

namespace {

// Stands for any call that sits in the kernel until somebody far away answers: a database client, a resolver.
int query(int connection) {
  char answer = 0;
  return ::read(connection, &answer, 1) == 1 ? answer : -1;
}

}  // namespace

int main() {
  return weft::run([] {
    weft::set_max_procs(1);
    int ends[2];
    if (::pipe(ends) != 0) return 1;
    auto answer = weft::spawn({.name = "client"}, [&] { return query(ends[0]); });

    weft::Ticker ticker{1ms};
    for (int i = 0; i < 20; ++i) ticker.chan().recv();
    std::printf("20 ticks, and the query %s\n", answer.done() ? "is done" : "still blocks its thread");

    const char value = 42;
    if (::write(ends[1], &value, 1) != 1) return 1;
    std::printf("answer %d\n", answer.join());
    return 0;
  });
}

// Prints:
//   20 ticks, and the query still blocks its thread
//   answer 42
