// Connections that wait for their next request.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http/client_connection.h"
#include "weft/sync/mutex.h"

namespace weft::http {

/// Thread safety: any.
class ClientPool {
 public:
  ClientPool(std::size_t most_per_host, std::chrono::nanoseconds oldest) noexcept
      : most_per_host_(most_per_host), oldest_(oldest) {}

  /// The one that was used last; null if there is none that still works.
  std::unique_ptr<ClientConnection> take(const std::string& origin);
  void put(const std::string& origin, std::unique_ptr<ClientConnection> connection);
  void clear() noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  struct Idle {
    std::unique_ptr<ClientConnection> connection;
    Clock::time_point since;
  };

  void drop_old();

  const std::size_t most_per_host_;
  const std::chrono::nanoseconds oldest_;
  Mutex mutex_;
  std::map<std::string, std::vector<Idle>> idle_;
  Clock::time_point last_dropped_{};
};

}  // namespace weft::http
