// EXPECT: no matching function.*load|invalid reference to function 'load'|constraints not satisfied
#include <memory>
#include "weft/sync/concurrent_map.h"
void f(weft::ConcurrentMap<int, std::unique_ptr<int>>& map) { static_cast<void>(map.load(1)); }
