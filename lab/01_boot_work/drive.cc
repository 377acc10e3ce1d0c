// Starts the service, beside a backend that greets late: how long until it is in main(), until it is ready, until the
// first request is answered. --case good, bad: with a setting that is wrong.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "lab/support/program.h"
#include "lab/support/service.h"

namespace {

using lab::Clock;
using lab::Service;

double passed_ms(Clock::time_point since) {
  return std::chrono::duration<double, std::milli>(Clock::now() - since).count();
}

/// Greets each client `delay` after it has connected; in a process of its own, which goes with this one.
class Backend {
 public:
  explicit Backend(std::chrono::milliseconds delay) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), bytes) != 0 || ::listen(listener, 64) != 0) {
      std::perror("the backend");
      std::exit(1);
    }
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &bytes);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    child_ = ::fork();
    if (child_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      greet(listener, delay);
    }
    ::close(listener);
  }
  ~Backend() { ::kill(child_, SIGKILL); }
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  const std::string& address() const { return address_; }

 private:
  [[noreturn]] static void greet(int listener, std::chrono::milliseconds delay) {
    struct Client {
      int fd;
      Clock::time_point due;
    };
    std::vector<Client> waiting;
    pollfd door{listener, POLLIN, 0};
    while (true) {
      const auto left = waiting.empty()
                            ? std::chrono::milliseconds(1000)
                            : std::chrono::ceil<std::chrono::milliseconds>(waiting.front().due - Clock::now());
      if (::poll(&door, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) > 0)
        waiting.push_back({::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC), Clock::now() + delay});
      while (!waiting.empty() && waiting.front().due <= Clock::now()) {
        [[maybe_unused]] const ssize_t sent = ::send(waiting.front().fd, "k", 1, MSG_NOSIGNAL);
        ::close(waiting.front().fd);
        waiting.erase(waiting.begin());
      }
    }
  }

  std::string address_;
  pid_t child_ = -1;
};

void ask(const std::string& address) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  peer.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.substr(address.rfind(':') + 1).c_str())));
  const std::string request = "GET /items/7/part7/abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  std::string answer;
  std::array<char, 4096> buffer;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&peer), sizeof peer) == 0 &&
      ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
    for (ssize_t count; (count = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0;)
      answer.append(buffer.data(), static_cast<std::size_t>(count));
  }
  ::close(fd);
  if (answer.starts_with("HTTP/1.1 200")) return;
  std::fprintf(stderr, "the first request was answered with: %s\n", answer.c_str());
  std::exit(1);
}

void good(const std::string& program) {
  const auto start = Clock::now();
  Service service({program});
  lab::Report report;
  service.expect("main");
  report.set("main_ms", passed_ms(start));
  const std::string address = service.expect("ready ");
  report.set("ready_ms", passed_ms(start));
  const auto asked = Clock::now();
  ask(address);
  report.set("first_request_ms", passed_ms(asked));
  report.print();
}

void bad(const std::string& program, const lab::Arguments& arguments) {
  const auto start = Clock::now();
  Service service({program});
  const auto ended = service.end(arguments.milliseconds("patience-ms"));
  lab::Report report;
  report.set("refused_ms", passed_ms(start));
  report.set("refused", std::int64_t{ended && service.exit_code() != 0 ? 1 : 0});
  report.print();
}

}  // namespace

int main(int argc, char** argv) {
  const lab::Arguments arguments(argc, argv);
  const Backend backend(arguments.milliseconds("greeting-ms"));
  const bool is_bad = arguments.text("case") == "bad";
  ::setenv("LAB_BACKEND", backend.address().c_str(), 1);
  ::setenv("LAB_CACHE_ROUNDS", arguments.text("cache-rounds").c_str(), 1);
  ::setenv("LAB_WORKERS", is_bad ? "many" : "4", 1);
  is_bad ? bad(arguments.text("program"), arguments) : good(arguments.text("program"));
}
