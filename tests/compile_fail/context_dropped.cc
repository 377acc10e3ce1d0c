// EXPECT: nodiscard
#include "weft/context.h"
void f(const weft::Context& ctx) { weft::with_cancel(ctx); }
