// weft/http.h: an HTTP server and client in blocking style. Guide: docs/guide/http.md
#pragma once

#include "weft/http/client.h"     // IWYU pragma: export
#include "weft/http/debug.h"      // IWYU pragma: export
#include "weft/http/files.h"      // IWYU pragma: export
#include "weft/http/multipart.h"  // IWYU pragma: export
#include "weft/http/request.h"    // IWYU pragma: export
#include "weft/http/response.h"   // IWYU pragma: export
#include "weft/http/server.h"     // IWYU pragma: export
