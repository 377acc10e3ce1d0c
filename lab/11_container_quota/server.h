// Scenario 11's server: HTTP/1.1 of one fixed answer, each request some CPU work. Its Go counterpart is go/server.go.
#pragma once

namespace lab {

class Arguments;

/// Says "port N" once it listens, serves until SIGTERM, then says "processors N".
void serve(const Arguments& arguments);

}  // namespace lab
