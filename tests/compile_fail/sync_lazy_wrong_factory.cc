// EXPECT: no matching (function|constructor)
#include "weft/sync/lazy.h"
struct Vault {};
weft::Lazy<Vault> vault{[] { return 1; }};
