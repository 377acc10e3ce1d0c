// EXPECT: weft::select: each argument is made by on_recv
#include "weft/select.h"
void f() { weft::select(weft::otherwise(), 42); }
