// EXPECT: weft::on_send: the value is no T
#include <string>
#include "weft/select.h"
void f(weft::Chan<std::string> out) { weft::select(weft::on_send(out, std::error_code())); }
