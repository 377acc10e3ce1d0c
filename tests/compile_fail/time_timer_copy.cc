// EXPECT: use of deleted function|call to (implicitly-)?deleted copy constructor|call to implicitly-deleted
#include "weft/time.h"
weft::Timer f(weft::Timer& timer) { return timer; }
