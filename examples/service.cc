// A service that is asked about its health, and ends in order: App, with a server of its own.
//
// Each request is answered by the program's health: 200 where requests should be sent here, else 503. Run by hand it
// listens where $LISTEN says and waits for SIGTERM; without $LISTEN it asks itself, and stops.
#include <weft/net.h>
#include <weft/weft.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace std::chrono_literals;
using weft::net::TcpListener;
using weft::net::TcpStream;

class HealthServer {
 public:
  void serve(TcpListener listener) {
    listener_ = std::move(listener);
    std::error_code closed;
    while (true) {
      TcpStream stream = listener_.accept({}, closed);
      if (closed) return;
      weft::go([stream = std::move(stream)]() mutable { answer(stream); });
    }
  }
  void shutdown(const weft::Context&, std::error_code& error) {
    error.clear();
    listener_.close();  // serve() returns
  }

 private:
  static void answer(TcpStream& stream) {
    std::array<char, 1024> request;
    std::error_code gone;
    stream.set_deadline(std::chrono::steady_clock::now() + 5s);
    if (stream.read_some(request, gone) == 0) return;
    const std::string body(weft::health::name(weft::health::phase()));
    const std::string status = weft::health::ready() ? "200 OK" : "503 Service Unavailable";
    const std::string reply = "HTTP/1.1 " + status +
                              "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                              body;
    stream.write_all(std::as_bytes(std::span(reply)), gone);
  }

  TcpListener listener_;
};

std::string ask(const std::string& address) {
  auto stream = TcpStream::connect(address);
  stream.write_all("GET /readyz HTTP/1.1\r\n\r\n");
  std::string reply(512, '\0');
  std::error_code end;
  reply.resize(stream.read_full(std::as_writable_bytes(std::span(reply)), end));
  return reply.substr(9, 3) + " " + reply.substr(reply.rfind('\n') + 1);
}

int main() {
  const char* where = std::getenv("LISTEN");
  TcpListener listener = TcpListener::listen(where != nullptr ? where : "127.0.0.1:0");
  const std::string address = listener.local_endpoint().to_string();

  HealthServer health;
  weft::App app{{.shutdown_timeout = 25s, .drain_delay = where != nullptr ? 5s : 0s}};
  app.serve("health", health, std::move(listener), {.early = true});
  app.start("db", [&] {
    if (where == nullptr) std::printf("%s\n", ask(address).c_str());
  });
  app.on_shutdown("db", 10s, [] { std::puts("db closed"); });
  if (where == nullptr) {
    app.warmup("demonstration", [&] {
      while (!app.ready()) weft::sleep_for(1ms);
      std::printf("%s\n", ask(address).c_str());
      app.stop();
    });
  }
  return app.run();
}

// Prints:
//   503 starting
//   200 ready
//   db closed
