// EXPECT: nodiscard
#include "weft/sync/pool.h"
void f(weft::Pool<int>& pool) { pool.get(); }
