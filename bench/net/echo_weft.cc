// Answers what it reads, a goroutine a connection; prints its address.
#include <array>
#include <cstdio>

#include "weft/net.h"
#include "weft/runtime.h"

int main() {
  return weft::run([] {
    auto listener = weft::net::TcpListener::listen("127.0.0.1:0");
    std::printf("%s\n", listener.local_endpoint().to_string().c_str());
    std::fflush(stdout);
    while (true) {
      weft::go([stream = listener.accept()]() mutable {
        std::array<char, 4096> buffer;
        std::error_code ec;
        while (const std::size_t count = stream.read_some(buffer, ec)) {
          stream.write_all(std::as_bytes(std::span(buffer).first(count)), ec);
          if (ec) return;
        }
      });
    }
    return 0;
  });
}
