// A client beside a running server.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "http/running_server.h"
#include "weft/http/client.h"

namespace weft::http {

class ClientBesideServer : public ::testing::Test {
 protected:
  ClientBesideServer() = default;
  explicit ClientBesideServer(const Limits& limits) : server_(limits) {}

  template <class Test>
  void with_server(Test&& test) {
    run([&] {
      const Running running(server_);
      url_ = "http://" + running.address();
      test();
      client_->close_idle();
    });
  }

  Server server_;
  std::optional<Client> client_{std::in_place};
  std::string url_;
};

}  // namespace weft::http
