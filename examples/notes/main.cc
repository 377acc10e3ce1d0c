// A small service: notes over HTTP, in an SQLite file, with debug endpoints and an orderly life.
//
//   notes [--listen 127.0.0.1:8080] [--debug-listen 127.0.0.1:6060] [--database notes.db] [--templates URL]
//         [--drain-delay 0s]
//
// The debug endpoints have a port of their own, which answers from the first moment to the last: so a probe sees "not
// ready" and not "nobody there".
#include <CLI/CLI.hpp>

#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>

#include "examples/notes/api.h"
#include "weft/http/debug.h"
#include "weft/weft.h"

int main(int argc, char** argv) {
  std::string address = "127.0.0.1:8080", debug_address = "127.0.0.1:6060", database = "notes.db", templates_url;
  double drain_delay = 0;  // seconds
  CLI::App options{"Notes over HTTP"};
  options.add_option("--listen", address, "where the service answers");
  options.add_option("--debug-listen", debug_address, "where /readyz, /metrics and /debug/pprof/ answer");
  options
      .add_option("--drain-delay", drain_delay,
                  "from \"not ready\" until the door closes, with a unit: as long as load balancers lag behind")
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, double>{{"ms", 0.001}, {"s", 1}}));
  options.add_option("--database", database, "the SQLite file");
  options.add_option("--templates", templates_url, "where GET <this><name> answers with a text to begin a note with");
  CLI11_PARSE(options, argc, argv);

  using namespace std::chrono_literals;
  weft::App app(
      {.shutdown_timeout = 20s, .drain_delay = std::chrono::nanoseconds(static_cast<std::int64_t>(drain_delay * 1e9))});
  std::optional<notes::Store> store;
  notes::Templates templates(templates_url);
  weft::http::Server api({.max_body_bytes = 1 << 20}), debug;
  weft::http::debug(debug);
  try {
    auto api_listener = weft::net::TcpListener::listen(address);
    auto debug_listener = weft::net::TcpListener::listen(debug_address);
    std::printf("notes: %s, debug %s\n", api_listener.local_endpoint().to_string().c_str(),
                debug_listener.local_endpoint().to_string().c_str());
    std::fflush(stdout);
    app.start("store", [&] {
      store.emplace(database);
      notes::add_routes(api, *store, templates);
    });
    app.on_shutdown("store", 5s, [&] { store.reset(); });
    app.serve("api", api, std::move(api_listener));
    app.serve("debug", debug, std::move(debug_listener), {.early = true});
  } catch (const std::system_error& error) {
    std::fprintf(stderr, "notes: %s\n", error.what());
    return 1;
  }
  return app.run();
}
