// Keeps one request under way on each of so many connections, and counts the answers; one thread on epoll.
//
//   echo_client ADDRESS PORT CONNECTIONS SECONDS BYTES
//
// Prints: answers, seconds, and of the time to an answer p50, p99, p99.9 in microseconds.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
  int fd = -1;
  std::size_t received = 0;
  Clock::time_point sent;
};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

Connection connect_to(const char* address, const char* port) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  if (::inet_pton(AF_INET, address, &peer.sin_addr) != 1) die(address);
  Connection connection;
  connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(connection.fd, reinterpret_cast<sockaddr*>(&peer), sizeof peer) != 0) die("connect");
  const int on = 1;
  ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return connection;
}

void send_request(Connection& connection, const std::string& request) {
  connection.sent = Clock::now();
  if (::send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    die("send");
}

double percentile(std::vector<float>& micros, double share) {
  if (micros.empty()) return 0;
  const auto at = micros.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(micros.size() - 1));
  std::nth_element(micros.begin(), at, micros.end());
  return *at;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const std::string request(static_cast<std::size_t>(std::atoi(argv[5])), 'x');
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<Connection> connections(static_cast<std::size_t>(std::atoi(argv[3])));
  for (Connection& connection : connections) {
    connection = connect_to(argv[1], argv[2]);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, connection.fd, &event);
  }
  const auto begin = Clock::now();
  const std::chrono::duration<double> span(std::atof(argv[4]));
  const auto end = begin + std::chrono::duration_cast<Clock::duration>(span);
  for (Connection& connection : connections) send_request(connection, request);
  std::vector<float> micros;
  std::vector<char> buffer(65536);
  while (Clock::now() < end) {
    epoll_event events[64];
    const int count = ::epoll_wait(epoll, events, 64, 1000);
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      const ssize_t got = ::recv(connection.fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) die("recv");
      connection.received += static_cast<std::size_t>(got);
      if (connection.received < request.size()) continue;
      connection.received = 0;
      micros.push_back(std::chrono::duration<float, std::micro>(Clock::now() - connection.sent).count());
      send_request(connection, request);
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("%zu %.3f %.1f %.1f %.1f\n", micros.size(), seconds, percentile(micros, 0.5), percentile(micros, 0.99),
              percentile(micros, 0.999));
}
