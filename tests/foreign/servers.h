// Real servers on loopback for one test: started on a free port in a folder of their own, ended with the test.
#pragma once

#include <sys/types.h>
#include <string>
#include <vector>

namespace weft::foreign_test {

/// A port of 127.0.0.1 that nobody uses at the moment.
int free_port();

/// A folder below /tmp, removed at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A child process; terminated and waited for at the end.
class Child {
 public:
  explicit Child(const std::vector<std::string>& command);
  ~Child();

 private:
  pid_t pid_;
};

/// Runs a command to its end; throws std::runtime_error with the command when it fails.
void run_command(const std::vector<std::string>& command);

/// Returns when 127.0.0.1:port accepts a connection; throws after 30 s.
void wait_for_port(int port);

/// PostgreSQL in a fresh cluster; run as the user postgres when the test is root, which the server refuses.
class PostgresServer {
 public:
  PostgresServer();
  ~PostgresServer();
  std::string connection_string() const;

 private:
  TempFolder folder_;
  int port_;
};

class RedisServer {
 public:
  RedisServer();
  int port() const { return port_; }

 private:
  int port_;
  Child process_;
};

/// An HTTP server that answers each request after 50 ms, on as many threads as it has clients.
class SlowHttpServer {
 public:
  SlowHttpServer();
  std::string url() const;

 private:
  int port_;
  Child process_;
};

}  // namespace weft::foreign_test
