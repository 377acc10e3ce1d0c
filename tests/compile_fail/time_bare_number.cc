// EXPECT: no matching function
#include "weft/time.h"
void f() { weft::sleep_for(10); }
