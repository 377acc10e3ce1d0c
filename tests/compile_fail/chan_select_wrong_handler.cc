// EXPECT: weft::on_recv: the handler takes a std::optional<T>
#include <string>
#include "weft/select.h"
void f(weft::Chan<int> in) {
  weft::select(weft::on_recv(in, [](std::string, int) {}));
}
