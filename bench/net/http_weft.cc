// Answers "/" with a line of text and "/json" with 1 KB of JSON, on one processor; prints its address.
#include <cstdio>
#include <string>

#include "weft/http.h"
#include "weft/runtime.h"

namespace {

// The same in all of these servers: 1,024 bytes.
std::string payload() {
  std::string text = R"({"items":[)";
  for (int id = 0; id < 18; ++id)
    text += (id == 0 ? "" : ",") + std::string(R"({"id":)") + std::to_string(100 + id) + R"(,"name":"an item of the list","price":12.5})";
  text += R"(],"fill":")";
  return text + std::string(1024 - 2 - text.size(), 'x') + "\"}";
}

}  // namespace

int main() {
  weft::set_max_procs(1);
  return weft::run([] {
    weft::http::Server server;
    server.handle("GET /{$}", [](const weft::http::Request&, weft::http::Response& res) { res.text("Hello, World!"); });
    server.handle("GET /json", [json = payload()](const weft::http::Request&, weft::http::Response& res) { res.json(json); });
    auto listener = weft::net::TcpListener::listen("127.0.0.1:0");
    std::printf("%s\n", listener.local_endpoint().to_string().c_str());
    std::fflush(stdout);
    server.serve(std::move(listener));
    return 0;
  });
}
