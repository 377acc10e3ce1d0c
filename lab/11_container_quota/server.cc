#include "lab/11_container_quota/server.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <span>
#include <string_view>

#include "lab/support/program.h"
#include "weft/net.h"
#include "weft/runtime.h"
#include "weft/signal.h"

namespace lab {
namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Requests come whole and one at a time: the client waits for the answer.
void serve_connection(weft::net::TcpStream stream, std::int64_t rounds) {
  std::array<char, 512> request;
  std::error_code ec;
  for (std::uint64_t seed = 1; stream.read_some(request, ec) != 0 && !ec;) {
    seed = burn(rounds, seed);
    if (seed == 0) return;  // never: the work must be of use to somebody, or the compiler leaves it out
    stream.write_all(std::as_bytes(std::span(kAnswer)), ec);
    if (ec) return;
  }
}

}  // namespace

void serve(const Arguments& arguments) {
  const std::int64_t rounds = arguments.integer("work-rounds");
  const weft::RecvChan<int> signals = weft::signal::notify({SIGTERM});
  auto listener = weft::net::TcpListener::listen("127.0.0.1:0");
  std::printf("port %s\n", listener.local_endpoint().to_string().c_str());
  std::fflush(stdout);
  weft::go({.name = "acceptor"}, [&] {
    std::error_code closed;
    while (true) {
      weft::net::TcpStream stream = listener.accept({}, closed);
      if (closed) return;
      weft::go([stream = std::move(stream), rounds]() mutable { serve_connection(std::move(stream), rounds); });
    }
  });
  signals.recv();
  std::printf("processors %d\n", weft::max_procs());
  std::fflush(stdout);
}

}  // namespace lab
