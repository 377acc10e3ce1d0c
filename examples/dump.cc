// What is the program doing? Every goroutine with its name, what it waits for and its stack.
// SIGQUIT (Ctrl-\) prints the same.
#include <weft/weft.h>

#include <unistd.h>
#include <chrono>
#include <cstdio>

using namespace std::chrono_literals;

int main() {
  return weft::run([] {
    auto orders = weft::make_chan<int>();
    auto waiting = weft::make_chan<void>();
    weft::Mutex ledger;
    ledger.lock();
    weft::go({.name = "order reader"}, [=] {
      waiting.send();
      orders.recv();
    });
    weft::go({.name = "bookkeeper"}, [=, &ledger] {
      waiting.send();
      ledger.lock();
    });
    waiting.recv();
    waiting.recv();
    weft::sleep_for(10ms);  // by now both wait; if not, the dump says what they do instead
    std::fflush(stdout);
    weft::dump_goroutines(STDOUT_FILENO);
  });
}

// Prints, in any order:
//   goroutine ... "order reader" [...]:
//   goroutine ... "bookkeeper" [...]:
