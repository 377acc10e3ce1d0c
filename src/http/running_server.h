// A server on loopback for the length of a test, and clients that see every byte.
#pragma once

#include <array>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "weft/http/server.h"
#include "weft/net.h"
#include "weft/runtime.h"

namespace weft::http {

class Running {
 public:
  explicit Running(Server& server) : server_(server), listener_(net::TcpListener::listen("127.0.0.1:0")) {
    address_ = listener_.local_endpoint().to_string();
    serving_ = spawn([this] { server_.serve(std::move(listener_)); });
  }
  ~Running() {
    server_.close();
    serving_.join();
  }
  const std::string& address() const { return address_; }

 private:
  Server& server_;
  net::TcpListener listener_;
  std::string address_;
  Task<void> serving_;
};

template <class Stream>
std::string read_to_end(Stream& stream) {
  std::string all;
  std::array<char, 4096> buffer;
  std::error_code ec;
  while (const std::size_t count = stream.read_some(buffer, ec)) all.append(buffer.data(), count);
  return all;
}

// Sends bytes that ask for the end of the connection, and returns all that comes.
inline std::string ask(const Running& server, std::string_view bytes) {
  net::TcpStream stream = net::TcpStream::connect(server.address());
  std::error_code ec;
  stream.write_all(std::as_bytes(std::span(bytes)), ec);
  return read_to_end(stream);
}

inline std::string get_raw(const Running& server, const std::string& target, const std::string& fields = "") {
  return ask(server, "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + fields + "\r\n");
}

inline std::string body_of(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "no head: " + answer : answer.substr(end + 4);
}

// One answer with a Content-Length, and no more.
inline std::string read_answer(net::TcpStream& stream) {
  std::string answer;
  char byte;
  while (!answer.ends_with("\r\n\r\n")) {
    stream.read_full(std::as_writable_bytes(std::span(&byte, 1)));
    answer += byte;
  }
  const std::size_t at = answer.find("Content-Length: ");
  std::string body(at == std::string::npos ? 0 : std::stoul(answer.substr(at + 16)), '\0');
  stream.read_full(std::as_writable_bytes(std::span(body)));
  return answer + body;
}

template <class Test>
void with_server(Server& server, Test&& test) {
  run([&] {
    const Running running(server);
    test(running);
  });
}

// The body in chunks of that size, and a trailer.
inline std::string chunked(std::string_view body, std::size_t size) {
  std::string text;
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) {
    std::array<char, 20> line;
    std::snprintf(line.data(), line.size(), "%zx\r\n", std::min(size, body.size()));
    text += line.data() + std::string(body.substr(0, size)) + "\r\n";
  }
  return text + "0\r\nTrailer: is ignored\r\n\r\n";
}

}  // namespace weft::http
