// A server on bare epoll, one thread.
#pragma once

#include <sys/epoll.h>
#include <unistd.h>

#include <string_view>

#include "loopback.h"

/// For ever: what each read of a connection brought goes to `answer(fd, bytes)`; false from it ends the connection.
template <class Answer>
[[noreturn]] void serve_on_epoll(Answer&& answer) {
  const int listener = listen_on_loopback();
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener}};
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  char buffer[4096];
  while (true) {
    epoll_event events[128];
    const int count = ::epoll_wait(epoll, events, 128, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        send_at_once(accepted);
        event = {.events = EPOLLIN, .data = {.fd = accepted}};
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, accepted, &event);
        continue;
      }
      const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
      if (got <= 0 || !answer(fd, std::string_view(buffer, static_cast<std::size_t>(got)))) ::close(fd);
    }
  }
}
