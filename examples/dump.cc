// What is the program doing? Every goroutine with its name, what it waits for and its stack.
// SIGQUIT (Ctrl-\) prints the same.
#include <weft/weft.h>

#include <unistd.h>
#include <chrono>
#include <mutex>

using namespace std::chrono_literals;

int main() {
  return weft::run([] {
    auto orders = weft::make_chan<int>();
    weft::Mutex ledger;
    weft::WaitGroup staff;
    ledger.lock();
    staff.go({.name = "order reader"}, [orders] { orders.recv(); });
    staff.go({.name = "bookkeeper"}, [&ledger] { std::lock_guard lock(ledger); });

    weft::sleep_for(10ms);  // by now both wait; if not, the dump says what they do instead
    weft::dump_goroutines(STDOUT_FILENO);

    orders.close();
    ledger.unlock();
    staff.wait();
  });
}

// Prints, in any order:
//   goroutine ... "order reader" [...]:
//   goroutine ... "bookkeeper" [...]:
