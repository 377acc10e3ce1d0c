// Recursive descent: the input's depth is the stack's.
#include "lab/12_deep_recursion/measure.h"

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  return weft::run(
      [&] { lab::measure(arguments, [](const std::string& text) { return lab::RecursiveParser(text).document(); }); });
}
