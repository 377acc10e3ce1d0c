// EXPECT: f takes a weft::Context or nothing
#include "weft/sync/group.h"
void f(weft::Group& group) {
  group.go([](int) {});
}
