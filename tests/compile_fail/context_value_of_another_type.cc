// EXPECT: cannot convert|no viable conversion|cannot initialize
#include "weft/context.h"
const int* f(const weft::Context& ctx, const weft::ContextKey<long>& key) { return ctx.get(key); }
