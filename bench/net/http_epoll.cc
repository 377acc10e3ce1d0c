// The floor of an HTTP server: bare epoll, one thread; it looks for the end of the head and for nothing else. Prints
// its address.
#include <string>

#include "epoll_server.h"
#include "payload.h"

int main() {
  const std::string head = "HTTP/1.1 200 OK\r\nDate: Fri, 27 Nov 2026 20:33:35 GMT\r\nContent-Type: ";
  const std::string hello = head + "text/plain; charset=utf-8\r\nContent-Length: 13\r\n\r\nHello, World!";
  const std::string json = head + "application/json\r\nContent-Length: 1024\r\n\r\n" + payload();
  serve_on_epoll([&](int fd, std::string_view request) {
    if (!request.ends_with("\r\n\r\n")) return true;  // the client sends them whole
    const std::string& answer = request.starts_with("GET /json ") ? json : hello;
    return ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) >= 0;
  });
}
