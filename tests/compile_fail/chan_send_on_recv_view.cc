// EXPECT: has no member named .send.|no member named 'send'
#include "weft/chan.h"
void f(weft::RecvChan<int> in) { in.send(1); }
