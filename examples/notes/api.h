// The service's HTTP interface.
#pragma once

#include "examples/notes/store.h"
#include "weft/http.h"

namespace notes {

/// POST /notes, GET /notes?after=&limit=, GET, PUT and DELETE /notes/{id}; JSON in and out. `store` outlives `server`.
void add_routes(weft::http::Server& server, Store& store);

}  // namespace notes
