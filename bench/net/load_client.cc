// Keeps one request under way on each of so many connections, or sends them at a fixed rate, and counts the answers;
// one thread on epoll.
//
//   load_client ADDRESS PORT CONNECTIONS SECONDS RATE REQUEST
//
// RATE: requests a second over all connections, 0: the next one once the last is answered. A request that is late, for
// the connections are all waiting, counts from when it should have been sent. REQUEST: a number of bytes that come back
// as they are, or a path for HTTP, all of whose answers have one size. Prints: answers, seconds, and of the time to an
// answer p50, p99, p99.9 in microseconds.
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
  Clock::time_point due;
};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

int connect_to(const char* address, const char* port) {
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  if (::inet_pton(AF_INET, address, &peer.sin_addr) != 1) die(address);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&peer), sizeof peer) != 0) die("connect");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

void send_all(int fd, const std::string& bytes) {
  if (::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) die("send");
}

// How long the answer to an HTTP request is: one is asked for, and read to its end.
std::size_t size_of_answer(const char* address, const char* port, const std::string& request) {
  const int fd = connect_to(address, port);
  send_all(fd, request);
  std::string answer;
  char buffer[65536];
  while (true) {
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) die("recv");
    answer.append(buffer, static_cast<std::size_t>(got));
    const std::size_t head = answer.find("\r\n\r\n"), length = answer.find("Content-Length: ");
    if (head == std::string::npos || length == std::string::npos) continue;
    const std::size_t size = head + 4 + std::stoul(answer.substr(length + 16));
    if (answer.size() < size) continue;
    if (!answer.starts_with("HTTP/1.1 200")) die("the answer is no 200");
    ::close(fd);
    return size;
  }
}

double percentile(std::vector<float>& micros, double share) {
  if (micros.empty()) return 0;
  const auto at = micros.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(micros.size() - 1));
  std::nth_element(micros.begin(), at, micros.end());
  return *at;
}

class Load {
 public:
  Load(double rate, std::string request, std::size_t answer_bytes)
      : interval_(rate > 0 ? Clock::duration(static_cast<std::int64_t>(1e9 / rate)) : Clock::duration(0)),
        request_(std::move(request)),
        answer_bytes_(answer_bytes) {}

  void add(Connection& connection) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    idle_.push_back(&connection);
  }

  void run(Clock::duration span) {
    const auto end = Clock::now() + span;
    next_ = Clock::now();
    while (Clock::now() < end) {
      send_due();
      epoll_event events[64];
      const timespec most = longest_wait();
      const int count = ::epoll_pwait2(epoll_, events, 64, &most, nullptr);
      for (int i = 0; i < count; ++i) receive(*static_cast<Connection*>(events[i].data.ptr));
    }
  }

  std::vector<float>& micros() { return micros_; }

 private:
  bool paced() const { return interval_.count() > 0; }

  // Awake up to a request that is due soon, for a wake-up would be late for it; asleep before that, for the core may be
  // shared with the server.
  timespec longest_wait() const {
    using std::chrono::nanoseconds;
    constexpr Clock::duration kLongest = std::chrono::seconds(1), kAwake = std::chrono::microseconds(100);
    const auto until_due = paced() && !idle_.empty() ? next_ - Clock::now() - kAwake : kLongest;
    const auto wait = std::clamp(until_due, Clock::duration(0), kLongest);
    return {.tv_sec = wait / kLongest, .tv_nsec = nanoseconds(wait % kLongest).count()};
  }

  void send_due() {
    const auto now = Clock::now();
    while (!idle_.empty() && (!paced() || next_ <= now)) {
      Connection& connection = *idle_.back();
      idle_.pop_back();
      connection.due = paced() ? next_ : now;
      next_ += interval_;
      send_all(connection.fd, request_);
    }
  }

  void receive(Connection& connection) {
    const ssize_t got = ::recv(connection.fd, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) die("recv");
    connection.received += static_cast<std::size_t>(got);
    if (connection.received < answer_bytes_) return;
    connection.received = 0;
    micros_.push_back(std::chrono::duration<float, std::micro>(Clock::now() - connection.due).count());
    idle_.push_back(&connection);
    if (!paced()) send_due();
  }

  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  const Clock::duration interval_;
  const std::string request_;
  const std::size_t answer_bytes_;
  Clock::time_point next_;
  std::vector<Connection*> idle_;
  std::vector<float> micros_;
  std::vector<char> buffer_ = std::vector<char>(65536);
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const std::string what = argv[6];
  const bool http = what.starts_with('/');
  const std::string request = http ? "GET " + what + " HTTP/1.1\r\nHost: " + argv[1] + "\r\n\r\n"
                                   : std::string(static_cast<std::size_t>(std::atoi(argv[6])), 'x');
  const std::size_t answer_bytes = http ? size_of_answer(argv[1], argv[2], request) : request.size();
  std::vector<Connection> connections(static_cast<std::size_t>(std::atoi(argv[3])));
  Load load(std::atof(argv[5]), request, answer_bytes);
  for (Connection& connection : connections) {
    connection.fd = connect_to(argv[1], argv[2]);
    load.add(connection);
  }
  const auto begin = Clock::now();
  load.run(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(std::atof(argv[4]))));
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::vector<float>& micros = load.micros();
  std::printf("%zu %.3f %.1f %.1f %.1f\n", micros.size(), seconds, percentile(micros, 0.5), percentile(micros, 0.99),
              percentile(micros, 0.999));
}
