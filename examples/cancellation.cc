// A tree of contexts: cancelling one ends what is below it and nothing else.
#include <weft/weft.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <system_error>

using namespace std::chrono_literals;

namespace {

void serve(const char* who, const weft::Context& ctx, weft::WaitGroup& running) {
  running.go([who, ctx] {
    std::error_code why;
    weft::sleep_for(1h, ctx, why);  // any wait that takes a context ends with it
    std::printf("%s ends: %s\n", who, why.message().c_str());
  });
}

}  // namespace

int main() {
  return weft::run([] {
    auto [server, stop_server] = weft::with_cancel(weft::Context());
    auto [request, stop_request] = weft::with_cancel(server);
    const weft::Context query = weft::with_timeout(request, 1h);  // or when a parent ends

    weft::WaitGroup of_request;
    weft::WaitGroup of_server;
    serve("query", query, of_request);
    serve("listener", server, of_server);

    stop_request();
    of_request.wait();
    std::printf("the server is %s\n", server.error() ? "done" : "still there");

    stop_server();
    of_server.wait();
  });
}

// Prints:
//   query ends: cancelled
//   the server is still there
//   listener ends: cancelled
