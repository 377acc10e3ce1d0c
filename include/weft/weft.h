// weft/weft.h: all of weft but the parts that have a price of their own to include (http, gc).
#pragma once

#include "weft/app.h"
#include "weft/chan.h"
#include "weft/context.h"
#include "weft/error.h"
#include "weft/health.h"
#include "weft/metrics.h"
#include "weft/net.h"
#include "weft/os/file.h"
#include "weft/runtime.h"
#include "weft/select.h"
#include "weft/signal.h"
#include "weft/sync.h"
#include "weft/time.h"
