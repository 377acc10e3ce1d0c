// The service's HTTP interface.
#pragma once

#include "examples/notes/store.h"
#include "examples/notes/templates.h"
#include "weft/http.h"

namespace notes {

/// POST /notes, POST /notes?template=name, GET /notes?after=&limit=, GET, PUT and DELETE /notes/{id}; JSON in and out.
/// `store` and `templates` outlive `server`.
void add_routes(weft::http::Server& server, Store& store, Templates& templates);

}  // namespace notes
