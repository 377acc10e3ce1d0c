// What a client sends after HTTP/2's preface, whole and in two pieces, to a server that answers it: whatever it is, the
// connection ends, and the server with it.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "http/multiplexer.h"
#include "weft/http/server.h"
#include "weft/net.h"
#include "weft/runtime.h"

namespace {

using weft::http::Request;
using weft::http::Response;
using weft::net::TcpStream;
using namespace std::chrono_literals;

void add_handlers(weft::http::Server& server) {
  server.handle(
      "/", [](const Request& req, Response& res) { res.set_header("X-Seen", req.header("host")).write(req.body()); });
  server.handle("/flush", [](const Request& req, Response& res) {
    std::array<char, 100> buffer;
    while (const std::size_t count = req.read_body(buffer)) {
      res.write({buffer.data(), count});
      res.flush();
    }
  });
}

void write(TcpStream& stream, std::string_view bytes) {
  std::error_code ec;
  stream.write_all(std::as_bytes(std::span(bytes)), ec);
}

void visit(const std::string& address, std::string_view first, std::string_view second) {
  TcpStream stream = TcpStream::connect(address);
  write(stream, weft::http::kHttp2Preface);
  write(stream, first);
  write(stream, second);
  std::error_code ec;
  stream.shutdown_write(ec);
  std::array<char, 4096> buffer;
  while (stream.read_some(buffer, ec) != 0) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  weft::run([&] {
    weft::http::Server server(
        {.read_header_timeout = 50ms, .read_body_timeout = 50ms, .write_timeout = 50ms, .idle_timeout = 50ms});
    add_handlers(server);
    auto listener = weft::net::TcpListener::listen("127.0.0.1:0");
    const std::string address = listener.local_endpoint().to_string();
    auto serving = weft::spawn([&] { server.serve(std::move(listener)); });
    visit(address, bytes, {});
    if (size > 1) visit(address, bytes.substr(0, size / 2), bytes.substr(size / 2));
    server.shutdown();
    serving.join();
  });
  return 0;
}
