// EXPECT: use of deleted function|call to deleted constructor
#include "weft/context.h"
weft::ContextKey<int> f(weft::ContextKey<int>& key) { return key; }
