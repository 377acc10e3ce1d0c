// The floor: the same answers on bare epoll, one thread; prints its address.
#include "epoll_server.h"

int main() {
  serve_on_epoll([](int fd, std::string_view bytes) {
    return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  });
}
