// What the tests of net share: the two ends of a connection, text in and out, those who wait.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "sched/poller.h"
#include "weft/net.h"
#include "weft/runtime.h"

namespace weft::net {

inline std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

template <class Stream>
std::string read_text(Stream& stream, std::size_t size) {
  std::string text(size, '\0');
  stream.read_full(std::as_writable_bytes(std::span(text)));
  return text;
}

// Two ends of one connection.
struct Pair {
  Pair() {
    TcpListener listener = TcpListener::listen("127.0.0.1:0");
    auto accepted = spawn([&] { return listener.accept(); });
    client = TcpStream::connect(listener.local_endpoint().to_string());
    server = accepted.join();
  }
  TcpStream client, server;
};

template <class Stream>
void echo(Stream stream) {
  std::array<char, 4096> buffer;
  std::error_code ec;
  while (const std::size_t count = stream.read_some(buffer, ec)) {
    stream.write_all(bytes({buffer.data(), count}), ec);
    if (ec) return;
  }
}

inline void until_waiting(int count) {
  while (sched::poll_waiters() < count) yield();
}

// One who waits for a byte of the stream, and returns what ended that.
template <class Stream>
Task<std::error_code> waiting_reader(Stream& stream) {
  Task<std::error_code> reader = spawn([&stream] {
    char byte;
    std::error_code ec;
    stream.read_some(std::span(&byte, 1), ec);
    return ec;
  });
  until_waiting(1);
  return reader;
}

}  // namespace weft::net
