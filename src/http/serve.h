// Serving one connection, from what came to where there is nothing more to read.
#pragma once

namespace weft::http {

class Connection;
class ServerImpl;

/// How that ended: the watcher has the connection; it speaks HTTP/2 from here on; it cannot go on.
enum class Served { kIdle, kMultiplexed, kEnd };

/// Answers requests until the connection is idle, or at its end.
Served serve_requests(Connection& connection, ServerImpl& server);

}  // namespace weft::http
