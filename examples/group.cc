// A Group: several goroutines for one result. The first failure stops the others and is rethrown by wait().
#include <weft/weft.h>

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <system_error>

using namespace std::chrono_literals;

namespace {

std::string fetch(const std::string& name, const weft::Context& ctx) {
  if (name == "prices") throw std::runtime_error("prices: connection refused");
  weft::sleep_for(1h, ctx);  // throws std::system_error once the group is cancelled
  return name;
}

}  // namespace

int main() {
  return weft::run([] {
    weft::Group group;
    group.set_limit(8);
    std::string stock;  // written by one goroutine, read after wait()
    group.go([&](const weft::Context& ctx) { stock = fetch("stock", ctx); });
    group.go([&](const weft::Context& ctx) { fetch("prices", ctx); });
    try {
      group.wait();
    } catch (const std::exception& error) {
      std::printf("failed: %s\n", error.what());
    }
    std::printf("stock is %s\n", stock.empty() ? "not there" : stock.c_str());
  });
}

// Prints:
//   failed: prices: connection refused
//   stock is not there
