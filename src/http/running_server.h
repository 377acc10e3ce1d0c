// A server on loopback for the length of a test.
#pragma once

#include <string>
#include <utility>

#include "weft/http/server.h"
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

}  // namespace weft::http
