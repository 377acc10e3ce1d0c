// Answers "/" with a line of text, "/json" with 1 KB of JSON and "/spin" after 200 ms of computing; prints its address.
// With a certificate and a key, two files of PEM, it speaks TLS.
#include <chrono>
#include <cstdio>

#include "payload.h"
#include "weft/http.h"
#include "weft/net/tls.h"
#include "weft/runtime.h"

using weft::http::Request;
using weft::http::Response;

int main(int argc, char** argv) {
  return weft::run([=] {
    weft::http::Server server;
    if (argc == 3) server.use_tls(weft::net::tls::Config::server({.certificate = argv[1], .key = argv[2]}));
    server.handle("GET /{$}", [](const Request&, Response& res) { res.text("Hello, World!"); });
    server.handle("GET /json", [json = payload()](const Request&, Response& res) { res.json(json); });
    server.handle("GET /spin", [](const Request&, Response& res) {
      const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
      while (std::chrono::steady_clock::now() < end) {
      }
      res.text("done");
    });
    auto listener = weft::net::TcpListener::listen("127.0.0.1:0");
    std::printf("%s\n", listener.local_endpoint().to_string().c_str());
    std::fflush(stdout);
    server.serve(std::move(listener));
    return 0;
  });
}
