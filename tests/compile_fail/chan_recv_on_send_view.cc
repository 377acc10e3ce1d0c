// EXPECT: has no member named .recv.|no member named 'recv'
#include "weft/chan.h"
void f(weft::SendChan<int> out) { out.recv(); }
