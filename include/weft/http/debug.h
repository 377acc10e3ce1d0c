// weft/http/debug.h: debug(), what operators ask a running server.
// Guide: docs/guide/http.md
#pragma once

namespace weft::http {

class Server;

/// Adds these to `server`; before serve(). Whoever can reach them sees the program's insides: keep the port inside.
///
///   /healthz                   200 while anybody answers
///   /readyz                    200 when health::ready(), else 503, with health::phase()
///   /metrics                   the runtime's metrics and the server's, for Prometheus
///   /debug/vars                the same and the command line, as JSON
///   /debug/pprof/              what there is below
///   /debug/pprof/goroutine     every goroutine's stack, counted by stack, for `go tool pprof` and `weft doctor`;
///                              ?debug=1 or 2: as text, each with its state, how long, and on what it waits
///   /debug/pprof/cmdline       the command line, its words divided by NUL
void debug(Server& server);

}  // namespace weft::http
