// EXPECT: could not convert|no viable conversion|conversion from
#include "weft/chan.h"
weft::Chan<int> f(weft::RecvChan<int> in) { return in; }
