#include "foreign/servers.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace weft::foreign_test {
namespace {

namespace fs = std::filesystem;

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::string joined(const std::vector<std::string>& command) {
  std::string text;
  for (const std::string& word : command) text += word + ' ';
  return text;
}

pid_t start(const std::vector<std::string>& command) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid == 0) {
    ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
  return pid;
}

// The newest installed version's folder of programs.
std::string postgres_program(const std::string& name) {
  fs::path newest;
  for (const fs::directory_entry& version : fs::directory_iterator("/usr/lib/postgresql")) {
    if (version.path() > newest) newest = version.path();
  }
  return (newest / "bin" / name).string();
}

std::vector<std::string> as_postgres_user(std::vector<std::string> command) {
  if (::geteuid() == 0) command.insert(command.begin(), {"runuser", "-u", "postgres", "--"});
  return command;
}

constexpr const char* kSlowServer = R"(
import http.server, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.05)
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")
    def log_message(self, *rest):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
)";

}  // namespace

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "no free port");
  }
  ::close(fd);
  return ntohs(address.sin_port);
}

TempFolder::TempFolder() {
  char name[] = "/tmp/weft_foreign_XXXXXX";
  if (::mkdtemp(name) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp");
  path_ = name;
  fs::permissions(path_, fs::perms::all);  // the user postgres makes its cluster in it
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Child::Child(const std::vector<std::string>& command) : pid_(start(command)) {}

Child::~Child() {
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

void run_command(const std::vector<std::string>& command) {
  int status = 0;
  ::waitpid(start(command), &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error("failed: " + joined(command));
}

void wait_for_port(int port) {
  const sockaddr_in address = loopback(port);
  for (int tries = 0; tries < 3000; ++tries) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool up = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    if (up) return;
    const timespec nap{0, 10'000'000};
    ::nanosleep(&nap, nullptr);
  }
  throw std::runtime_error("no server on port " + std::to_string(port) + " within 30 s");
}

PostgresServer::PostgresServer() : port_(free_port()) {
  const std::string data = folder_.path() + "/data";
  run_command(as_postgres_user({postgres_program("initdb"), "-D", data, "-A", "trust", "-N"}));
  run_command(as_postgres_user(
      {postgres_program("pg_ctl"), "-D", data, "-l", folder_.path() + "/log", "-w", "-o",
       "-p " + std::to_string(port_) + " -k " + folder_.path() + " -c listen_addresses=127.0.0.1", "start"}));
}

PostgresServer::~PostgresServer() {
  try {
    run_command(
        as_postgres_user({postgres_program("pg_ctl"), "-D", folder_.path() + "/data", "-m", "immediate", "stop"}));
  } catch (const std::exception&) {  // the folder goes all the same
  }
}

std::string PostgresServer::connection_string() const {
  const std::string user =
      ::geteuid() == 0 ? "postgres" : std::string(std::getenv("USER") == nullptr ? "postgres" : std::getenv("USER"));
  return "host=127.0.0.1 port=" + std::to_string(port_) + " user=" + user + " dbname=postgres";
}

RedisServer::RedisServer()
    : port_(free_port()),
      process_({"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--save", ""}) {
  wait_for_port(port_);
}

SlowHttpServer::SlowHttpServer() : port_(free_port()), process_({"python3", "-c", kSlowServer, std::to_string(port_)}) {
  wait_for_port(port_);
}

std::string SlowHttpServer::url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

}  // namespace weft::foreign_test
