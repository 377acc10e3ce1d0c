// EXPECT: weft::select: otherwise stands at most once
#include "weft/select.h"
void f() { weft::select(weft::otherwise(), weft::otherwise()); }
