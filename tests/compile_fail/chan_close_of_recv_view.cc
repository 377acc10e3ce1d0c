// EXPECT: has no member named .close.|no member named 'close'
#include "weft/chan.h"
void f(weft::RecvChan<int> in) { in.close(); }
