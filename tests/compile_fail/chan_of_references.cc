// EXPECT: T is void or a movable object type
#include "weft/chan.h"
weft::Chan<int&> c;
