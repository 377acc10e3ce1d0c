// EXPECT: use of deleted function|call to deleted constructor
#include "weft/sync/mutex.h"
weft::Mutex f(weft::Mutex& m) { return m; }
