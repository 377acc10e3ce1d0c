// EXPECT: ReceivableChannel
#include "weft/select.h"
void f(weft::SendChan<int> out) { weft::select(weft::on_recv(out)); }
