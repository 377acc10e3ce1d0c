// Iterative, with a stack of open brackets of its own (from a pool) and a limit on their number.
#include "lab/12_deep_recursion/measure.h"
#include "weft/sync.h"

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  return weft::run([&] {
    using Stack = std::vector<lab::OpenBracket>;
    weft::Pool<Stack> stacks([] { return Stack(); }, [](Stack& stack) { stack.clear(); });
    const std::size_t limit = arguments.size("depth-limit");
    lab::measure(arguments, [&](const std::string& text) {
      auto stack = stacks.get();
      return lab::parse_iteratively(text, *stack, limit);
    });
  });
}
