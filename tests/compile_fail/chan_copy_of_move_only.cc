// EXPECT: no matching (member )?function for call to .*send|cannot bind rvalue reference|no matching function
#include <memory>
#include "weft/chan.h"
void f(weft::Chan<std::unique_ptr<int>> c, std::unique_ptr<int>& p) { c.send(p); }
